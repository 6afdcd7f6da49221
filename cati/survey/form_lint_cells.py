"""Cells that change nothing where they stand, and those whose other half is missing."""

from __future__ import annotations

from collections.abc import Callable

from cati.survey.form_checks import CASE_VALUES
from cati.survey.form_choices import cell, is_yes
from cati.survey.form_options import triggers_of
from cati.survey.form_rows import CHOICES, SURVEY, Heading, Row, Sheet
from cati.survey.form_scene import Scene
from cati.survey.item_types import Role, RowType, read_type
from cati.survey.questionnaire import CHOOSING, SUBSTANTIVE, Item, Kind, Order
from cati.text import tr

_NO = frozenset({"no", "n", "false", "false()", "0", "nein"})
_FLAGS = {SURVEY: ("cati_anchor",), CHOICES: ("cati_exclusive", "cati_specify", "cati_anchor")}
_ENDS = frozenset({Kind.TERMINATE, Kind.QUOTA})
_MOVABLE = 2


def check_cells(scene: Scene) -> None:
    """Note what stands in a cell to no effect."""
    for sheet, rows, headings in (
        (SURVEY, scene.form.survey, scene.survey),
        (CHOICES, scene.form.choices, scene.choice_headings),
    ):
        _check_flags(scene, sheet, rows, headings)
    columns = {heading.column for heading in scene.survey.values()}
    for row in scene.form.survey.rows:
        if not is_yes(cell(row, scene.survey, "disabled")):
            _check_row(scene, row, columns)
    for item in scene.questionnaire.items:
        _check_halves(scene, item)
    _check_group_orders(scene)


def _check_flags(scene: Scene, name: str, sheet: Sheet, headings: dict[str, Heading]) -> None:
    there = [column for column in _FLAGS[name] if any(heading.column == column for heading in headings.values())]
    for row in sheet.rows:
        for column in there:
            written = cell(row, headings, column)
            if written and not is_yes(written) and written.lower() not in _NO:
                scene.findings.error(
                    "unknown_value",
                    (name, row.number, column),
                    tr("“{value}” cannot stand in the column {column}.", value=written, column=column),
                    tr("Possible are: {names}.", names="yes, no"),
                )


def _check_row(scene: Scene, row: Row, columns: set[str]) -> None:
    written = cell(row, scene.survey, "type")
    row_type = read_type(written)
    if not written or row_type.role in (Role.UNKNOWN, Role.END) or row_type.unasked:
        return
    for column in sorted(columns & _PLACES.keys()):
        if cell(row, scene.survey, column) and not _PLACES[column](row_type):
            scene.findings.warning(
                "no_effect",
                (SURVEY, row.number, column),
                tr("{column} changes nothing in a row of the type {type}.", column=column, type=row_type.word),
                tr("Empty the cell, or correct the type."),
            )


def _is_question(row: RowType) -> bool:
    return row.role is Role.ROW or (row.role is Role.ITEM and row.kind in SUBSTANTIVE)


_PLACES: dict[str, Callable[[RowType], bool]] = {
    "cati_disposition": lambda row: row.kind in _ENDS,
    "cati_nonresponse": _is_question,
    "cati_soft": _is_question,
    "cati_instruction": lambda row: _is_question(row) or row.kind in (Kind.NOTE, Kind.TERMINATE),
    "cati_display": _is_question,
    "cati_order": lambda row: row.role is Role.BEGIN or (row.role is Role.ITEM and row.kind in CHOOSING),
    "cati_anchor": lambda row: row.role in (Role.BEGIN, Role.ITEM, Role.ROW),
    "constraint": _is_question,
    "choice_filter": lambda row: row.kind in CHOOSING,
    "repeat_count": lambda row: row.role is Role.BEGIN and row.block == "repeat",
}
"""In which rows a column means anything."""


def _check_halves(scene: Scene, item: Item) -> None:
    """Note cells that wait for another one in the same row."""
    if item.soft and not item.soft_message:
        scene.findings.warning(
            "soft_without_message",
            (SURVEY, item.row, "cati_soft_message"),
            tr("This check has no message; the interviewer only reads that the answer is unusual."),
            tr("Say in cati_soft_message what to ask again."),
        )
    for column, words, check in (
        ("cati_soft_message", item.soft_message, item.soft),
        ("constraint_message", item.constraint_message, item.constraint),
    ):
        if words and not check and item.kind in SUBSTANTIVE:
            scene.findings.warning(
                "message_without_check",
                (SURVEY, item.row, column),
                tr("This message is never shown: the row has no check."),
                tr("Write the check into {column}.", column=column.removesuffix("_message")),
            )
    if item.trigger and not item.calculation and item.kind is not Kind.HIDDEN:
        scene.findings.warning(
            "idle_trigger",
            (SURVEY, item.row, "trigger"),
            tr("There is nothing that this trigger could set off."),
            tr("Write into calculation what is to be worked out."),
        )
    if item.kind is Kind.CALCULATE and not item.calculation:
        scene.findings.warning(
            "no_calculation",
            (SURVEY, item.row, "calculation"),
            tr("{name} is never worked out and stays empty.", name=item.name),
            tr("Write its calculation, or remove the row."),
        )
    if item.kind is Kind.TERMINATE and not scene.cell(item.row, "cati_disposition"):
        scene.findings.note(
            "default_disposition",
            (SURVEY, item.row, "cati_disposition"),
            tr("Whoever is screened out here counts as not eligible."),
        )
    if item.anchor and not _order_around(scene, item):
        scene.findings.note(
            "idle_anchor",
            (SURVEY, item.row, "cati_anchor"),
            tr("The order around this row never changes; cati_anchor changes nothing."),
        )
    if item.name in CASE_VALUES:
        scene.findings.warning(
            "name_of_the_case",
            (SURVEY, item.row, "name"),
            tr("{name} is also what every case brings along; ${{{name}}} then means this row.", name=item.name),
            tr("Give the row another name, unless it is meant so."),
        )


def _order_around(scene: Scene, item: Item) -> bool:
    return item.group is not None and scene.group(item.group).order is not Order.FIXED


def _check_group_orders(scene: Scene) -> None:
    """Note groups whose order is to change though fewer than two things in them can."""
    groups = scene.questionnaire.groups
    for at, group in enumerate(groups):
        if group.order is Order.FIXED:
            continue
        free = sum(one.group == at and not one.anchor for one in scene.questionnaire.items)
        free += sum(one.parent == at for one in groups)
        if free < _MOVABLE:
            scene.findings.warning(
                "nothing_to_order",
                (SURVEY, scene.group_rows[at], "cati_order"),
                tr("Fewer than two rows of the group {name} may change places.", name=group.name),
                tr("Take the order out, or fewer anchors."),
            )
    for row in scene.form.survey.rows:
        if triggers_of(cell(row, scene.survey, "trigger")) or not cell(row, scene.survey, "trigger"):
            continue
        scene.findings.warning(
            "idle_trigger",
            (SURVEY, row.number, "trigger"),
            tr("No question is named here."),
            tr("Write it as ${question}."),
        )
