"""The survey sheet: rows to groups and items."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from cati.survey.diagnostics import Findings
from cati.survey.form_blocks import OVER
from cati.survey.form_choices import OTHER, cell, check_names, is_yes, with_other, words_of
from cati.survey.form_options import (
    default_of,
    display_of,
    disposition_of,
    nonresponse_of,
    order_of,
    parameters_of,
    range_of,
    shuffle_of,
    triggers_of,
    with_own_answer,
)
from cati.survey.form_rows import EXTERNAL, SURVEY, Heading, Row, Sheet
from cati.survey.form_search import condition_of, search_of, searched_choices
from cati.survey.form_tables import external_rows, table_choices, table_of
from cati.survey.item_types import SILENT, Role, RowType, known_words, meant_by, read_type
from cati.survey.nearest import nearest
from cati.survey.questionnaire import ASKED, CHOOSING, SUBSTANTIVE, Choice, Group, Item, Kind, Words
from cati.text import tr

_NAME = re.compile(r"[^\W\d][\w.\-]*")
_STRAIGHT = str.maketrans({"“": '"', "”": '"', "„": '"', "‘": "'", "’": "'", "‚": "'"})
_NAMELESS = (Kind.NOTE, Kind.TERMINATE, Kind.QUOTA, Kind.NOT_ASKED)
_FLAGS = {"yes": "true()", "true": "true()", "no": "false()", "false": "false()"}
_OF_BINDINGS = frozenset({"relevant", "constraint", "calculation"})
"""Columns in which other programs, too, take a bare yes or no for a condition."""
_OK = {"de": "Verstanden", "en": "OK"}
_ACKNOWLEDGE = "cati_ok"


@dataclass(slots=True)
class Draft:
    """A questionnaire while its rows are read; ``left_out`` are names of rows that never become items."""

    sheet: Sheet
    headings: dict[str, Heading]
    lists: dict[str, tuple[Choice, ...]]
    places: dict[tuple[str, str], int]
    languages: tuple[str, ...]
    plain_code: str
    findings: Findings
    tables: Mapping[str, Sheet] = field(default_factory=dict)
    groups: list[Group] = field(default_factory=list)
    group_rows: list[int] = field(default_factory=list)
    items: list[Item] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    _open: list[tuple[int, str, str]] = field(default_factory=list)
    """Index, block word and choice list of each group that is open."""
    _names: dict[str, tuple[int, int | None]] = field(default_factory=dict)
    _unnamed: int = 0

    def cell(self, row: Row, column: str) -> str:
        """Return an untranslated cell."""
        return cell(row, self.headings, column)

    def words(self, row: Row, column: str) -> Words:
        """Return a translatable cell by language."""
        return words_of(row, self.headings, column, self.plain_code)

    def expression(self, row: Row, column: str) -> str:
        """Return an expression with straight quotes and no line breaks; a bare yes or TRUE is ``true()``."""
        written = " ".join(self.cell(row, column).translate(_STRAIGHT).split("\n")).strip()
        return _FLAGS.get(written.lower(), written) if column in _OF_BINDINGS else written

    def check(self, row: Row, column: str) -> str:
        """Return a check of a row's own answer."""
        in_roster = any(self.groups[at].repeat for at, _block, _choices in self._open)
        return with_own_answer(self.expression(row, column), self.cell(row, "name"), in_roster=in_roster)

    def around(self) -> int | None:
        """Return the index of the innermost open group."""
        return self._open[-1][0] if self._open else None

    def opened(self, group: Group, row: Row, block: str, choices: str) -> None:
        """Begin a group."""
        self.groups.append(group)
        self.group_rows.append(row.number)
        self._open.append((len(self.groups) - 1, block, choices))

    def closed(self, block: str) -> str:
        """End the innermost group; return its block word, "" when none is open."""
        if not self._open:
            return ""
        begun = self._open.pop()[1]
        return begun if begun != block else block

    def grid_list(self) -> str | None:
        """Return the choice list of the grid around, None outside one."""
        return next((choices for _at, block, choices in reversed(self._open) if block == "grid"), None)

    def still_open(self) -> list[tuple[int, str]]:
        """Return row and block word of the groups that nothing closed."""
        return [(self.group_rows[at], block) for at, block, _choices in self._open]

    def unnamed(self, word: str) -> str:
        """Return a name for a row that needs none."""
        self._unnamed += 1
        return f"{word}_{self._unnamed}"

    def taken(self, name: str, row: Row) -> int | None:
        """Return the row that has this name already; else note it for this one."""
        before, _around = self._names.setdefault(name, (row.number, self.around()))
        return None if before == row.number else before

    def taken_here(self, name: str) -> bool:
        """Return whether the same group has this name already."""
        return self._names[name][1] == self.around()


def read_survey(draft: Draft) -> Draft:
    """Read all rows into the draft and return it."""
    for row in draft.sheet.rows:
        written = draft.cell(row, "type")
        if is_yes(draft.cell(row, "disabled")):
            draft.left_out.append(draft.cell(row, "name"))
            continue
        if not written:
            _without_type(draft, row)
            continue
        row_type = read_type(written)
        if row_type.role is Role.UNKNOWN:
            _unknown_type(draft, row, row_type.word, written)
        elif row_type.role is Role.BEGIN:
            _begin(draft, row, row_type)
        elif row_type.role is Role.END:
            _end(draft, row, row_type)
        else:
            _item(draft, row, row_type)
    for number, block in draft.still_open():
        draft.findings.error(
            "not_closed",
            (SURVEY, number, "type"),
            tr("This {block} is never closed.", block=block),
            tr("Add a row end_{block}.", block=block),
        )
    return draft


def _unknown_type(draft: Draft, row: Row, word: str, written: str) -> None:
    """Note a type that nobody knows; a row of nothing else and much like no type is a heading among the rows."""
    place = (SURVEY, row.number, "type")
    name = draft.cell(row, "name")
    alone = word == "type" or (not name and not draft.words(row, "label"))  # the headings once more, or a remark
    near = nearest(word, known_words(), 0.75) if alone else meant_by(word)
    if alone and not near:
        what = tr("“{text}” is no type; the row is taken for a remark and left out.", text=written)
        draft.findings.warning("remark_row", place, what, tr("Leave type empty in rows that ask nothing."))
        return
    draft.findings.error(
        "unknown_type",
        place,
        tr("The type “{type}” is not known.", type=written),
        tr("Did you mean {name}?", name=near) if near else tr("The manual lists all types."),
    )
    draft.left_out.append(name)


def _without_type(draft: Draft, row: Row) -> None:
    name = draft.cell(row, "name")
    has_types = any(heading.column == "type" for heading in draft.headings.values())
    if has_types and (name or draft.words(row, "label")):
        draft.findings.warning(
            "no_type", (SURVEY, row.number, "type"), tr("This row has no type and is left out."), tr("Fill the cell.")
        )
        draft.left_out.append(name)


def _begin(draft: Draft, row: Row, row_type: RowType) -> None:
    around = draft.around()
    appearance = draft.cell(row, "appearance").lower().split()
    label = draft.words(row, "label")
    name = draft.cell(row, "name") or draft.unnamed(row_type.block)
    listed = row_type.choices if row_type.block == "grid" else ""
    if row_type.block == "group" and row_type.choices.startswith(OVER):
        listed = row_type.choices.removeprefix(OVER)
    if listed and listed not in draft.lists:
        _no_list(draft, row, listed)
    grid = row_type.block == "grid" or "table-list" in appearance
    group = Group(
        name=name,
        label=label,
        parent=around,
        relevant=draft.expression(row, "relevant"),
        shared=grid or "field-list" in appearance,
        grid=grid,
        section=around is None and bool(label) and not grid,
        order=order_of(draft.cell(row, "cati_order"), row.number, draft.findings),
        repeat=row_type.block == "repeat",
        repeat_count=draft.expression(row, "repeat_count") if row_type.block == "repeat" else "",
    )
    draft.opened(group, row, row_type.block, row_type.choices)


def _end(draft: Draft, row: Row, row_type: RowType) -> None:
    begun = draft.closed(row_type.block)
    if begun == row_type.block:
        return
    draft.findings.error(
        "not_opened" if not begun else "wrong_end",
        (SURVEY, row.number, "type"),
        tr("Nothing is open that this row could close.")
        if not begun
        else tr("This closes a {one}, but a {other} is open.", one=row_type.block, other=begun),
        tr("Check the begin and end rows above."),
    )


def _no_list(draft: Draft, row: Row, name: str) -> None:
    near = nearest(name, draft.lists)
    draft.findings.error(
        "no_choice_list",
        (SURVEY, row.number, "type"),
        tr("There is no choice list “{name}”.", name=name) if name else tr("The choice list is missing."),
        tr("Did you mean {name}?", name=near) if near else tr("Add its choices on the sheet choices."),
    )


def _name_of(draft: Draft, row: Row, row_type: RowType) -> str:
    name = draft.cell(row, "name")
    place = (SURVEY, row.number, "name")
    if not name:
        if row_type.kind not in _NAMELESS and row_type.word not in SILENT:
            draft.findings.error("no_name", place, tr("This row has no name."), tr("Give it a short name."))
        return draft.unnamed(row_type.word)
    if not _NAME.fullmatch(name):
        draft.findings.error(
            "bad_name",
            place,
            tr("“{name}” cannot be a name.", name=name),
            tr("Begin with a letter; then letters, digits and underscores."),
        )
    before = draft.taken(name, row)
    if before is None:
        return name
    around = draft.groups[here].name if (here := draft.around()) is not None else ""
    longer = f"{around}_{name}"
    if around and not draft.taken_here(name) and draft.taken(longer, row) is None:
        draft.findings.warning(
            "duplicate_name",
            place,
            tr("The name {name} stands in row {row} already; this one is called {longer}.", name=name, row=before,
               longer=longer),
            tr("Give each row its own name."),
        )  # fmt: skip
        return longer
    draft.findings.error(
        "duplicate_name",
        place,
        tr("The name {name} stands in row {row} already.", name=name, row=before),
        tr("Give each row its own name."),
    )
    return draft.unnamed(name)


def _choices_of(draft: Draft, row: Row, row_type: RowType, kind: Kind) -> str:
    """Return the name of the item's list; lists with "other" and of acknowledgements are made here."""
    if row_type.word in ("acknowledge", "trigger"):
        label = {code: _OK.get(code, _OK["en"]) for code in draft.languages}
        draft.lists.setdefault(_ACKNOWLEDGE, (Choice(name="OK", label=label),))
        return _ACKNOWLEDGE
    if row_type.source:
        return file_choices(draft, row, row_type)
    name = (draft.grid_list() or "") if row_type.role is Role.ROW else row_type.choices
    if row_type.role is Role.ROW and not name:
        draft.findings.error(
            "row_outside_grid",
            (SURVEY, row.number, "type"),
            tr("A row must stand between begin_grid LIST and end_grid."),
            tr("Name the list behind begin_grid."),
        )
        return ""
    if name not in draft.lists:
        _no_list(draft, row, name)
        return ""
    check_names(kind, name, draft.lists[name], draft.places, draft.findings)
    if row_type.or_other:
        own = f"{name}_or_{OTHER}"
        draft.lists[own] = with_other(draft.lists[name], draft.languages)
        return own
    return name


def file_choices(draft: Draft, row: Row, row_type: RowType) -> str:
    """Return the name of a list whose choices stand in a file beside the form; it is made here."""
    name = row_type.source
    external = row_type.word.endswith("_external")
    own = f"{name} ({EXTERNAL})" if external and any(list_name == name for list_name, _ in draft.places) else name
    if own in draft.lists:
        return own
    # a missing table was said when the form was read
    rows = external_rows(draft.tables.get(EXTERNAL), name) if external else table_of(draft.tables, name)
    columns = parameters_of(draft.cell(row, "parameters"))
    draft.lists[own] = table_choices(
        rows or (), columns.get("value", "name"), columns.get("label", "label"), draft.plain_code
    )
    return own


def _item(draft: Draft, row: Row, row_type: RowType) -> None:
    name = _name_of(draft, row, row_type)
    appearance = draft.cell(row, "appearance").lower()
    constraint = draft.check(row, "constraint") or row_type.constraint
    kind, minimum, maximum = range_of(row_type, draft.cell(row, "parameters"), constraint, row.number, draft.findings)
    calculation = row_type.calculation or draft.expression(row, "calculation")
    label, hint = draft.words(row, "label"), draft.words(row, "hint")
    if calculation and not label and not hint and kind in SUBSTANTIVE:
        kind = Kind.CALCULATE  # other programs show nothing of such a row either
    only_heads_a_table = "label" in appearance.split() and kind in CHOOSING
    search = search_of(draft.cell(row, "appearance")) if kind in CHOOSING else None
    if row_type.unasked:
        draft.findings.warning(
            "not_asked",
            (SURVEY, row.number, "type"),
            tr("{type} makes no sense on the telephone and is left out.", type=draft.cell(row, "type")),
            tr("Ask it as text, number or choice instead."),
        )
    if row_type.unasked or only_heads_a_table:
        draft.items.append(Item(name=name, kind=Kind.NOT_ASKED, row=row.number, group=draft.around()))
        return
    choices = _choices_of(draft, row, row_type, kind) if kind in CHOOSING and not row_type.choices_from else ""
    choice_filter = draft.expression(row, "choice_filter")
    if search is not None and choices:
        listed = draft.lists[choices]
        choices = f"{choices} ({name})"
        draft.lists[choices] = searched_choices(listed, table_of(draft.tables, search.table) or (), search)
        choice_filter = " and ".join(f"({each})" for each in (choice_filter, condition_of(search, listed)) if each)
    shown = len(draft.lists.get(choices, ()))
    required = draft.expression(row, "required")
    order, seed = shuffle_of(
        draft.cell(row, "parameters"), order_of(draft.cell(row, "cati_order"), row.number, draft.findings)
    )
    if kind is Kind.CALCULATE and not calculation:
        calculation = draft.expression(row, "default")
    instruction = {**hint, **draft.words(row, "cati_instruction")}
    draft.items.append(
        Item(
            name=name,
            kind=kind,
            row=row.number,
            display=display_of(kind, appearance, draft.cell(row, "cati_display"), shown, row.number, draft.findings),
            label=label,
            instruction=instruction,
            group=draft.around(),
            choices=choices,
            choice_filter=choice_filter,
            choices_from=row_type.choices_from,
            seed=seed,
            order=order,
            anchor=is_yes(draft.cell(row, "cati_anchor")),
            relevant=draft.expression(row, "relevant"),
            constraint=constraint,
            constraint_message=draft.words(row, "constraint_message"),
            required="yes"
            if is_yes(required)
            else ""
            if required.lower() in ("no", "false", "false()", "0")
            else required,
            required_message=draft.words(row, "required_message"),
            calculation=calculation,
            trigger=triggers_of(draft.cell(row, "trigger")),
            default=default_of(draft.cell(row, "default").translate(_STRAIGHT), kind),
            read_only=is_yes(draft.cell(row, "read_only")),
            nonresponse=nonresponse_of(draft.cell(row, "cati_nonresponse"), kind in ASKED, row.number, draft.findings),
            minimum=minimum,
            maximum=maximum,
            soft=draft.check(row, "cati_soft"),
            soft_message=draft.words(row, "cati_soft_message"),
            disposition=disposition_of(kind, draft.cell(row, "cati_disposition"), row.number, draft.findings),
        )
    )
