"""The appearance ``search('table', …)``: choices drawn from a table beside the form, as ODK Collect does."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from cati.survey.questionnaire import Choice, Words

_BEGIN = re.compile(r"\bsearch\s*\(", re.IGNORECASE)
_STRAIGHT = str.maketrans({"“": '"', "”": '"', "„": '"', "‘": "'", "’": "'", "‚": "'"})
_STATIC = re.compile(r"-?\d+")
_TESTS = {"matches": "{column} = {value}", "contains": "contains({column}, {value})",
          "startswith": "starts-with({column}, {value})", "endswith": "ends-with({column}, {value})"}  # fmt: skip
_WITH_TEST, _WITH_FILTER = 4, 6
_OWN = "table_"
"""Before a column of the table: in a choice filter plain ``name`` and ``label`` are the choice's own."""


@dataclass(frozen=True, slots=True)
class Search:
    """A search: the table, the condition for its rows as a choice filter, and the columns that this looks at."""

    table: str
    condition: str = ""
    columns: tuple[str, ...] = ()


def search_of(appearance: str) -> Search | None:
    """Return the search that an appearance holds, None when it holds none or one that cannot be understood."""
    text = appearance.translate(_STRAIGHT)
    begin = _BEGIN.search(text)
    arguments = _arguments(text[begin.end() :]) if begin else []
    if not arguments or not _literal(arguments[0]):
        return None
    table = re.sub(r"\.csv$", "", _literal(arguments[0]), flags=re.IGNORECASE)
    if len(arguments) == 1:
        return Search(table)
    test = _TESTS.get(_literal(arguments[1]).lower()) if len(arguments) in (_WITH_TEST, _WITH_FILTER) else None
    if test is None:
        return None
    columns = [column.strip() for column in _literal(arguments[2]).split(",") if column.strip()]
    parts = [" or ".join(test.format(column=_OWN + column, value=arguments[3]) for column in columns)]
    if len(arguments) == _WITH_FILTER:
        columns.append(_literal(arguments[4]))
        parts.append(f"{_OWN}{columns[-1]} = {arguments[5]}")
    if not all(columns):
        return None
    condition = parts[0] if len(parts) == 1 else f"({parts[0]}) and {parts[1]}"
    return Search(table, condition, tuple(dict.fromkeys(columns)))


def searched_choices(
    listed: Sequence[Choice], rows: Sequence[dict[str, str]], search: Search
) -> tuple[Choice, ...]:  # fmt: skip
    """Return a list with its rows that name columns replaced by what stands in these columns of the table.

    A choice with a whole number for a name is itself; in any other the name is the column of the values, the label
    those of the labels, several with commas between.
    """
    found: dict[tuple[str, tuple[tuple[str, str], ...]], Choice] = {}
    for choice in listed:
        if _STATIC.fullmatch(choice.name):
            found[choice.name, ()] = replace(choice, columns={_OWN + column: "" for column in search.columns})
            continue
        for row in rows:
            name = row.get(choice.name, "")
            columns = {_OWN + column: row.get(column, "") for column in search.columns}
            if name:
                words: Words = {code: _label(written, row) or name for code, written in choice.label.items()}
                own = replace(choice, name=name, label=words, columns=columns)
                found.setdefault((name, tuple(columns.items())), own)
    return tuple(found.values())


def condition_of(search: Search, listed: Sequence[Choice]) -> str:
    """Return the choice filter of a searched list; choices that are themselves have empty columns and always pass."""
    if not search.condition or not any(_STATIC.fullmatch(choice.name) for choice in listed):
        return search.condition
    empty = " and ".join(f"{_OWN}{column} = ''" for column in search.columns)
    return f"({search.condition}) or ({empty})"


def _label(written: str, row: dict[str, str]) -> str:
    return ", ".join(text for column in written.split(",") if (text := row.get(column.strip(), "")))


def _literal(argument: str) -> str:
    """Return the text between the quotation marks of an argument, "" when it is none."""
    found = re.fullmatch(r"\s*(?:'([^']*)'|\"([^\"]*)\")\s*", argument)
    return (found[1] or found[2] or "") if found else ""


def _arguments(text: str) -> list[str]:
    """Return the arguments up to the bracket that closes the call; [] when none does."""
    found, depth, quote, start = [], 0, "", 0
    for at, sign in enumerate(text):
        if quote:
            quote = "" if sign == quote else quote
        elif sign in "'\"":
            quote = sign
        elif sign == "(":
            depth += 1
        elif sign == ")" and depth:
            depth -= 1
        elif sign in ",)" and not depth:
            found.append(text[start:at].strip())
            start = at + 1
            if sign == ")":
                return found
    return []
