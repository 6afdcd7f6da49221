"""CSV files of a questionnaire: its sheets in a folder, and the tables that it names and that lie beside it."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cati.errors import Problem
from cati.files.delimited import DELIMITERS, find_delimiter, find_encoding
from cati.files.table_child import Unreadable
from cati.files.whole_file import read_whole
from cati.survey.diagnostics import Findings
from cati.survey.form_choices import cell, is_yes
from cati.survey.form_rows import CHOICES, EXTERNAL, SURVEY, Form, headings_of, sheet_of
from cati.survey.worked_out import SAMPLE
from cati.text import tr

MOST_BYTES = 16 * 2**20
MOST_TABLES = 60
MOST_CELLS = 4_000_000
_LONGEST_CELL = 2**20

_FROM_FILE = re.compile(
    r"(?:select|rank)[\s_]*\w*[\s_]from[\s_](?:file|map)\s+(?P<file>\S.*?)\s*(?:\s+or[_ ]other)?", re.IGNORECASE
)
_QUOTE = "[\"'“”„‘’‚]"
_CALLED = re.compile(
    rf"\b(?P<how>pulldata|instance|search)\s*\(\s*{_QUOTE}\s*(?P<name>[^\"'“”„‘’‚()]+?)\s*{_QUOTE}", re.IGNORECASE
)
_EXTERNAL = re.compile(r"select[\s_](?:one|multiple)[\s_]external\b", re.IGNORECASE)
_ENDING = re.compile(r"\.(csv|xml|geojson)$", re.IGNORECASE)
_SEPARATOR_HINT = re.compile(r'"?sep=.?"?', re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Named:
    """A file that a form names: ``stem`` without ending, ``file`` as it would lie beside the form, and where."""

    stem: str
    file: str
    row: int
    column: str


def with_tables(form: Form, folder: Path | None) -> Form:
    """Return the form with the tables that it names, read from ``folder``; what is missing or cannot be read is noted.

    Only plain files directly in the folder are opened, or in the folder ``NAME-media`` beside the form (ODK's habit).
    """
    findings = Findings(list(form.noted))
    tables = dict(form.tables)
    for named in tables_named(form)[:MOST_TABLES]:
        if named.stem in tables or named.stem == SAMPLE:
            continue
        place = (SURVEY, named.row, named.column)
        path = _beside(f"{named.stem}.csv", form.name, folder)
        if path is None:
            findings.warning(
                "missing_table",
                place,
                tr("The table {file} is not beside this form; it is taken as empty.", file=named.file),
                tr("Put it as a CSV file into the folder of the form."),
            )
            continue
        try:
            tables[named.stem] = sheet_of(csv_cells(read_whole(path, MOST_BYTES), path.name, findings))
        except Problem as problem:
            findings.error("unreadable_table", place, f"{problem.where}: {problem.what}", problem.do)
    return Form(form.name, form.survey, form.choices, form.settings, tables, tuple(findings.found))


def tables_named(form: Form) -> list[Named]:
    """Return the files that a form names, each once, at the first place that names it."""
    found: dict[str, Named] = {}
    for named in _all_named(form):
        found.setdefault(named.stem, named)
    return list(found.values())


def _all_named(form: Form) -> Iterator[Named]:
    headings = headings_of(form.survey, SURVEY)
    choice_headings = headings_of(form.choices, CHOICES)
    lists = {cell(row, choice_headings, "list_name") for row in form.choices.rows}
    for row in form.survey.rows:
        if is_yes(cell(row, headings, "disabled")):
            continue
        written = cell(row, headings, "type")
        from_file = _FROM_FILE.fullmatch(written)
        if from_file:
            yield _named(from_file["file"], row.number, "type")
        elif _EXTERNAL.match(written):
            yield _named(EXTERNAL, row.number, "type")
        elif written.lower().startswith(("csv-external", "xml-external")):
            yield _named(f"{cell(row, headings, 'name')}.{written[:3].lower()}", row.number, "type")
        for heading, text in row.cells.items():
            for called in _CALLED.finditer(text):
                own = called["how"].lower() == "instance" and called["name"] in lists
                if not own and not called["name"].startswith(("__", "@")):
                    yield _named(called["name"], row.number, heading)


def _named(written: str, row: int, column: str) -> Named:
    ending = _ENDING.search(written)
    stem = _ENDING.sub("", written)
    return Named(stem, written if ending else f"{written}.csv", row, column)


def _beside(file: str, form_name: str, folder: Path | None) -> Path | None:
    """Return the file of this name in the folder, whatever its case; None when there is none or it leads outside."""
    if folder is None or file in ("", ".", "..") or re.search(r"[/\\\x00]", file):
        return None
    for place in (folder, folder / f"{form_name}-media"):
        try:
            here = {path.name: path for path in place.iterdir()}
        except OSError:
            continue
        close = next((name for name in sorted(here) if name.lower() == file.lower()), None)
        path = here.get(file) or (here[close] if close else None)
        if path is not None and path.resolve().parent == place.resolve():
            return path
    return None


def csv_cells(data: bytes, name: str, findings: Findings) -> list[list[str]]:
    """Return the rows of a CSV file as written, row 1 first; encoding and separator are found out.

    An encoding that was only guessed is noted: umlauts may be wrong then.
    Unlike a list of people, a questionnaire's cells may hold line breaks and separators at once.
    """
    try:
        encoding, sure = find_encoding(data)
        text = data.decode(encoding).removeprefix("\ufeff")
    except (Unreadable, UnicodeDecodeError) as error:
        raise Problem(name, tr("This file is not UTF-8."), tr("Save it as CSV UTF-8.")) from error
    if not sure:
        findings.note(
            "encoding", ("", 0, ""), tr("{name} is not UTF-8; it is read as {encoding}.", name=name, encoding=encoding)
        )
    delimiter = _separator(text)
    csv.field_size_limit(_LONGEST_CELL)
    rows: list[list[str]] = []
    cells = 0
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=False):
            cells += len(row)
            if cells > MOST_CELLS:
                raise Problem(name, tr("This file is too large for a questionnaire."), tr("Remove what is not needed."))
            rows.append(row)
    except csv.Error as error:
        raise Problem(name, tr("This CSV file cannot be read."), tr("Save it as CSV UTF-8.")) from error
    if rows and len(rows[0]) <= 2 and _SEPARATOR_HINT.fullmatch(delimiter.join(rows[0]).strip()):  # noqa: PLR2004 - "sep=" and what stands behind a comma
        rows[0] = []
    return rows


def _separator(text: str) -> str:
    """Return what separates the cells: the heading decides when its names leave no doubt, else the rows."""
    head, rest = _first_record(text)
    found = [delimiter for delimiter in DELIMITERS if delimiter in head]
    if len(found) == 1 and not head.lower().startswith("sep="):
        return found[0]
    if not found and len(rest.strip().splitlines()) <= 1:
        return "\x1f"  # one heading, one value: the comma of a title separates nothing
    return find_delimiter(text)


def _first_record(text: str) -> tuple[str, str]:
    """Return the first record that holds anything, without what stands in quotation marks, and the text behind it."""
    quoted, seen, any_quote = False, "", False
    for at, sign in enumerate(text):
        if sign == '"':
            quoted, any_quote = not quoted, True
        elif quoted:
            continue
        elif sign in "\r\n" and (any_quote or seen.strip()):
            return seen, text[at:]
        else:
            seen += sign
    return seen, ""
