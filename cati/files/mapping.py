"""Which column of a list means what: proposed by name and content, corrected by hand, remembered as a template."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice

import msgspec

from cati.errors import Problem
from cati.files.headers import LABELS, PHONES, Field, field_by_content, field_by_name, is_date_column, plain_header
from cati.files.people_rows import ROWS_SEARCHED_FOR_HEADERS, is_somebodys, named_header_row, people_rows
from cati.files.tables import Table
from cati.files.wishes import is_wish
from cati.settings import StudySettings
from cati.text import mark, tr

ROWS_SAMPLED = 200
CONSTANT_FIELDS = (
    Field.SITE,
    Field.DEPARTMENT,
    Field.LANGUAGE,
    Field.CONSENT_CHANNEL,
    Field.CONSENT_VERSION,
    Field.CONSENT_BY,
)
"""What may hold for a whole list instead of standing in a column of it."""

_REPEATABLE = (*PHONES, Field.REMARKS, Field.IGNORED)
_SHOWN = frozenset(
    {
        Field.SITE, Field.DEPARTMENT, Field.LANGUAGE, Field.LAST_CONTACT, Field.CONSENT, Field.CONSENT_DATE,
        Field.CONSENT_CHANNEL, Field.CONSENT_VERSION, Field.FORM_OF_ADDRESS, Field.TITLE, Field.PREFERRED_TIME,
    }
)  # fmt: skip
_PLACES = (Field.SITE, Field.DEPARTMENT)
_DOT = "•"
_SHOWN_CHARACTERS = 40

BY_NAME = mark("by its name")
BY_CONTENT = mark("by its content")
BY_HAND = mark("chosen by hand")
BY_TEMPLATE = mark("as remembered")
UNKNOWN = mark("not recognised")
LEAKS = mark("remarks are never taken over: they hold what nobody agreed to pass on")


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnMap:
    """One column: ``index`` from 0, its header as written, what it means; ``why`` is an English mark for `tr`."""

    index: int
    header: str
    field: Field
    sure: bool
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapping:
    """The meaning of a table's columns. ``header_row`` is a row number (1 is the first row of the sheet).

    ``constants`` says what holds for every row: a county's own list seldom has a column for the county.
    """

    header_row: int
    columns: tuple[ColumnMap, ...]
    constants: tuple[tuple[Field, str], ...] = ()

    def indexes(self, field: Field) -> tuple[int, ...]:
        """Return the columns with this meaning, from left to right."""
        return tuple(column.index for column in self.columns if column.field is field)

    def constant(self, field: Field) -> str:
        """Return what holds for every row, "" when nothing does."""
        return dict(self.constants).get(field, "")


class _Template(msgspec.Struct, frozen=True):
    version: int
    headers: dict[str, Field]
    constants: dict[Field, str]


def propose_mapping(table: Table, settings: StudySettings, *, header_row: int | None = None) -> Mapping:
    """Find the row of headers (or take the one given) and guess each column by its name, then by its content.

    A site, a wording version or a language that the study has only one of is proposed as holding for
    the whole list when no column has it. Raises Problem for no headers and for two alike.
    """
    number = header_row or _find_header_row(table)
    headers = _headers(table, number)
    _refuse_duplicates(table, number, headers)
    cells = [[row[i] for row in _sample(table, number) if i < len(row)] for i in range(len(headers))]
    sites = frozenset(word.casefold() for site in settings.sites for word in (site.code, site.name))
    departments = frozenset(
        word.casefold() for site in settings.sites for d in site.departments for word in (d.code, d.name)
    )
    versions = frozenset(wording.version.casefold() for wording in settings.consent)
    columns = []
    taken: set[Field] = set()
    for index, header in enumerate(headers):
        found = field_by_name(header) if header else None
        column = ColumnMap(index=index, header=header, field=Field.IGNORED, sure=False, why=UNKNOWN)
        if found is not None:
            field, sure, why = *found, LEAKS if found[0] is Field.REMARKS else BY_NAME
            if field in _PLACES:  # "Amt" is an office of the county here and the county's own name there
                content = field_by_content(cells[index], sites, departments, versions)
                field, why = (content, BY_CONTENT) if content in _PLACES and content is not field else (field, why)
            if field not in taken or field in _REPEATABLE:
                column = replace(column, field=field, sure=sure, why=why)
        columns.append(column)
        taken.add(column.field)
    for index, column in enumerate(columns):
        if column.why is not UNKNOWN or not column.header:
            continue
        guess = field_by_content(cells[index], sites, departments, versions)
        why = LEAKS if guess is Field.REMARKS else BY_CONTENT
        if guess is None and (field_by_name(column.header) or ("",))[0] is Field.SITE:
            guess, why = Field.DEPARTMENT, BY_NAME  # "Landkreis" and "Amt": the second is an office of the first
        if guess is not None and (guess not in taken or guess in _REPEATABLE):
            columns[index] = replace(column, field=guess, why=why)
            taken.add(guess)
    columns = [_checked(column, cells[column.index], taken) for column in columns]
    return Mapping(header_row=number, columns=tuple(columns), constants=_constants(settings, taken))


def _checked(column: ColumnMap, cells: Sequence[str], taken: set[Field]) -> ColumnMap:
    """Take back the certainty of a name that its content contradicts, and read "Name" alone as the full name."""
    if column.field is Field.FAMILY_NAME and Field.GIVEN_NAME not in taken and plain_header(column.header) == "name":
        return replace(column, field=Field.FULL_NAME)
    dated = column.field in (Field.LAST_CONTACT, Field.CONSENT_DATE)
    if dated and any(cell.strip() for cell in cells) and not is_date_column(cells):
        return replace(column, sure=False)
    return column


def _constants(settings: StudySettings, taken: set[Field]) -> tuple[tuple[Field, str], ...]:
    found = []
    if Field.SITE not in taken and len(settings.sites) == 1:
        found.append((Field.SITE, settings.sites[0].code))
    if Field.CONSENT_VERSION not in taken and len(settings.consent) == 1:
        found.append((Field.CONSENT_VERSION, settings.consent[0].version))
    if Field.LANGUAGE not in taken and settings.languages:
        found.append((Field.LANGUAGE, settings.languages[0]))
    return tuple(found)


def _headers(table: Table, number: int) -> list[str]:
    if not 1 <= number <= len(table.rows):
        raise Problem(
            tr("File {name}", name=table.name), tr("There is no row {row}.", row=number), tr("Choose another row.")
        )
    if is_somebodys(table.row(number)):
        raise Problem(
            tr("File {name}", name=table.name),
            tr("Row {row} holds a number or a date; it is somebody’s row, not one of headers.", row=number),
            tr("Choose another row."),
        )
    return [" ".join(cell.split()) for cell in table.row(number)]


def _find_header_row(table: Table) -> int:
    found = named_header_row(table)
    if not found:
        raise Problem(
            tr("File {name}", name=table.name),
            tr("No row of headers was found in the first {n} rows.", n=ROWS_SEARCHED_FOR_HEADERS),
            tr("Say which row holds the headers, or ask the office for a list with headers."),
        )
    return found


def _refuse_duplicates(table: Table, number: int, headers: Sequence[str]) -> None:
    seen: dict[str, str] = {}
    for header in headers:
        plain = plain_header(header)
        if plain and plain in seen:
            raise Problem(
                tr("File {name}, row {row}", name=table.name, row=number),
                tr("Two columns are both called “{header}”.", header=header),
                tr("Ask the office to give every column a name of its own."),
            )
        seen[plain] = header


def _sample(table: Table, header_row: int) -> list[list[str]]:
    return table.rows[header_row : header_row + ROWS_SAMPLED]


def with_field(mapping: Mapping, index: int, field: Field) -> Mapping:
    """Return the mapping with one column's meaning chosen by hand; a single-valued meaning leaves its old column."""
    single = field not in _REPEATABLE
    columns = []
    for column in mapping.columns:
        if column.index == index:
            columns.append(replace(column, field=field, sure=True, why=LEAKS if field is Field.REMARKS else BY_HAND))
        elif single and column.field is field:
            columns.append(replace(column, field=Field.IGNORED, sure=True, why=BY_HAND))
        else:
            columns.append(column)
    constants = tuple(pair for pair in mapping.constants if pair[0] is not field)
    return replace(mapping, columns=tuple(columns), constants=constants)


def with_constant(mapping: Mapping, field: Field, value: str) -> Mapping:
    """Return the mapping with a value for every row ("" takes it back); only `CONSTANT_FIELDS` can have one."""
    if field not in CONSTANT_FIELDS:
        raise ValueError(field)
    constants = [pair for pair in mapping.constants if pair[0] is not field]
    if value:
        constants.append((field, value))
    return replace(mapping, constants=tuple(constants))


def mapping_faults(mapping: Mapping) -> tuple[str, ...]:
    """Return, in the reader's language, what is missing before rows can be judged; empty when all is there."""
    mapped = {column.field for column in mapping.columns} | {field for field, _ in mapping.constants}
    missing = [
        field
        for field in (
            Field.SITE,
            Field.DEPARTMENT,
            Field.LAST_CONTACT,
            Field.CONSENT_DATE,
            Field.CONSENT_CHANNEL,
            Field.CONSENT_VERSION,
            Field.CONSENT_BY,
        )
        if field not in mapped
    ]
    if not mapped & {Field.FAMILY_NAME, Field.FULL_NAME}:
        missing.insert(0, Field.FAMILY_NAME)
    if not mapped & set(PHONES):
        missing.insert(0, Field.PHONE)
    faults = [tr("No column is mapped to “{field}”.", field=tr(LABELS[field])) for field in missing]
    if Field.FULL_NAME in mapped and mapped & {Field.FAMILY_NAME, Field.GIVEN_NAME}:
        faults.append(tr("The name is mapped twice: as a full name and in parts."))
    return tuple(faults)


def masked_sample(table: Table, mapping: Mapping, rows: int = 10) -> list[list[str]]:
    """Return the first rows under the headers for a screen that others see: names and numbers mostly dots.

    First letters, umlauts and area codes stay, so that shifted columns and a wrong encoding show.
    """
    fields = {column.index: column.field for column in mapping.columns}
    return [
        [_masked(cell, fields.get(index, Field.IGNORED)) for index, cell in enumerate(row)]
        for _number, row in islice(people_rows(table, mapping.header_row), rows)
    ]


def _masked(cell: str, field: Field) -> str:
    if field is Field.PREFERRED_TIME and not is_wish(cell):
        return "".join(map(_dot, cell))  # free words may tell more of a person than when to call
    if field in _SHOWN:
        return cell if len(cell) <= _SHOWN_CHARACTERS else cell[:_SHOWN_CHARACTERS] + "…"
    if field in (Field.GIVEN_NAME, Field.FAMILY_NAME, Field.FULL_NAME):
        return cell[:1] + "".join(sign if "\x80" <= sign <= "\u024f" else _dot(sign) for sign in cell[1:])
    kept = 4 if field in PHONES else 0
    return cell[:kept] + "".join(map(_dot, cell[kept:]))


def _dot(sign: str) -> str:
    return _DOT if sign.isalnum() else sign


def mapping_to_json(mapping: Mapping) -> bytes:
    """Return the mapping as a template: headers and meanings only, nothing from any row."""
    headers = {plain_header(c.header): c.field for c in mapping.columns if plain_header(c.header)}
    return msgspec.json.encode(_Template(version=1, headers=headers, constants=dict(mapping.constants)))


def mapping_from_json(data: bytes, table: Table) -> Mapping | None:
    """Return the remembered mapping for a table with exactly the template's headers, in any order; else None."""
    try:
        template = msgspec.json.decode(data, type=_Template)
    except msgspec.DecodeError:
        return None
    for number, row in enumerate(table.rows[:ROWS_SEARCHED_FOR_HEADERS], 1):
        plain = [plain_header(cell) for cell in row]
        named = [header for header in plain if header]
        if len(named) == len(template.headers) and set(named) == set(template.headers):
            columns = []
            for index, header in enumerate(_headers(table, number)):
                field = template.headers.get(plain[index], Field.IGNORED)
                why = LEAKS if field is Field.REMARKS else BY_TEMPLATE
                columns.append(ColumnMap(index=index, header=header, field=field, sure=True, why=why))
            constants = tuple((field, value) for field, value in template.constants.items())
            return Mapping(header_row=number, columns=tuple(columns), constants=constants)
    return None
