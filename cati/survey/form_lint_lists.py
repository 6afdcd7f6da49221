"""Choice lists that nobody uses, and marks on choices that change nothing where the list is used."""

from __future__ import annotations

from collections.abc import Iterator

from cati.survey.form_blocks import OVER
from cati.survey.form_choices import OTHER, cell
from cati.survey.form_options import parameters_of
from cati.survey.form_rows import CHOICES, SURVEY
from cati.survey.form_scene import Scene
from cati.survey.item_types import read_type
from cati.survey.nodes import TablePath, every
from cati.survey.questionnaire import CHOOSING, Choice, Display, Item, Kind, Order
from cati.text import tr

_MANY_ENOUGH = 2
_NAMES_SHOWN = 12


def check_lists(scene: Scene) -> None:
    """Note lists and marks without effect."""
    users: dict[str, list[Item]] = {}
    for item in scene.questionnaire.items:
        if item.kind in CHOOSING and item.choices:
            _check_file(scene, item)
            users.setdefault(item.choices, []).append(item)
            _check_search(scene, item)
            _check_order(scene, item)
    used = set(_named(scene))
    unused: dict[str, int] = {}
    for name, choices in scene.questionnaire.choice_lists.items():
        own = users.get(name, [])
        row = min((scene.choice_rows.get((name, one.name), 0) for one in choices), default=0)
        if name not in used and row:
            unused[name] = row
        with_other = users.get(f"{name}_or_{OTHER}", [])
        everyone = (*own, *with_other)
        if everyone:
            _check_marks(scene, name, choices, everyone)
    if unused:
        names = ", ".join(list(unused)[:_NAMES_SHOWN]) + (", …" if len(unused) > _NAMES_SHOWN else "")
        place = (CHOICES, min(unused.values()), "list_name")
        scene.findings.note("unused_list", place, tr("No question uses these lists: {names}.", names=names))


def _named(scene: Scene) -> Iterator[str]:
    """Yield the lists that any row names, also those left out, and those that expressions look into."""
    for row in scene.form.survey.rows:
        read = read_type(cell(row, scene.survey, "type"))
        yield from (read.choices.removeprefix(OVER), read.source)
        yield parameters_of(cell(row, scene.survey, "parameters")).get("tick_labelset", "")
    for item in scene.questionnaire.items:
        yield item.choices
    for written in scene.written:
        for part in every(written.expression.node):
            if isinstance(part, TablePath):
                yield part.table


def _check_marks(scene: Scene, name: str, choices: tuple[Choice, ...], users: tuple[Item, ...]) -> None:
    several = any(item.kind is Kind.MULTIPLE for item in users)
    ordered = any(item.order is not Order.FIXED for item in users)
    exclusive = [one for one in choices if one.exclusive]
    if exclusive and not several:
        scene.findings.note(
            "idle_exclusive",
            (CHOICES, scene.choice_rows.get((name, exclusive[0].name), 0), "cati_exclusive"),
            tr("Only one answer can be chosen from {list} anyway; cati_exclusive changes nothing.", list=name),
        )
    anchored = [one for one in choices if one.anchor]
    if anchored and not ordered:
        scene.findings.note(
            "idle_anchor",
            (CHOICES, scene.choice_rows.get((name, anchored[0].name), 0), "cati_anchor"),
            tr("The order of {list} never changes; cati_anchor changes nothing.", list=name),
        )


def _check_file(scene: Scene, item: Item) -> None:
    """Note a file of choices that is there and holds no choice: most likely its columns have other names."""
    rows = scene.questionnaire.tables.get(item.choices.rpartition(".")[0] or item.choices, ())
    if rows and not scene.choices(item):
        scene.findings.warning(
            "empty_list",
            (SURVEY, item.row, "type"),
            tr("{file} has no choices: its columns are {names}.", file=item.choices, names=", ".join(rows[0])),
            tr("Call the columns name and label, or name them in parameters: value=… label=…."),
        )


def _check_search(scene: Scene, item: Item) -> None:
    beside = [one.name for one in scene.choices(item) if one.specify]
    written = any((item.choices.removesuffix(f"_or_{OTHER}"), name) in scene.choice_rows for name in beside)
    if item.display is Display.SEARCH and beside and written:
        scene.findings.note(
            "specify_in_search",
            (SURVEY, item.row, "type"),
            tr("“{choice}” with its open field is found only by typing; who does not type for it never sees it.",
               choice=beside[0]),
            tr("Say so in cati_instruction, or make the list shorter."),
        )  # fmt: skip


def _check_order(scene: Scene, item: Item) -> None:
    choices = scene.choices(item)
    free = [one for one in choices if not (one.anchor or one.exclusive or one.specify)]
    moved = choices if item.order is Order.SHUFFLE else free
    if item.order is not Order.FIXED and choices and len(moved) < _MANY_ENOUGH:
        scene.findings.warning(
            "nothing_to_order",
            (SURVEY, item.row, "parameters" if item.order is Order.SHUFFLE else "cati_order"),
            tr("Fewer than two choices of {list} may change places.", list=item.choices),
            tr("Take the order out, or fewer anchors."),
        )
