"""What the manual does not write twice: the lists of all findings and of all functions, made when it is read."""

from __future__ import annotations

from collections.abc import Callable

from cati.survey.catalogue import catalogue_as_markdown
from cati.survey.functions import LIBRARY, STAYS_EMPTY
from cati.text import mark, tr

_GIVES = {
    "text": mark("a text"), "number": mark("a number"), "boolean": mark("yes or no"), "date": mark("a date"),
    "datetime": mark("a date with time"), "time": mark("a time of day"), "nodes": mark("several answers"),
    "unknown": mark("what it is given"),
}  # fmt: skip


def functions_as_markdown() -> str:
    """Return all functions of the expression dialect as a table in Markdown, in the language in force."""
    rows = [[tr("Function"), tr("Arguments"), tr("Comes to")], ["---"] * 3]
    for name, function in sorted(LIBRARY.items()):
        if name in STAYS_EMPTY:
            continue
        most = function.most
        span = f"{function.least}…" if most is None else f"{function.least}–{most}"
        count = str(most) if most == function.least else span
        rows.append([f"`{name}()`", count, tr(_GIVES[function.gives])])
    return "\n".join(f"| {' | '.join(row)} |" for row in rows) + "\n"


_LISTS: dict[str, Callable[[], str]] = {
    "<!-- findings -->": catalogue_as_markdown,
    "<!-- functions -->": functions_as_markdown,
}


def with_lists(markdown: str) -> str:
    """Return a chapter of the manual with its generated lists put in where comments stand for them."""
    for place, made in _LISTS.items():
        if place in markdown:
            markdown = markdown.replace(place, made())
    return markdown
