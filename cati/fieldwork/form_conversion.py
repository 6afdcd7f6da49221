"""A questionnaire written in another format: workbook, YAML twin, or XForm for ODK, KoBo and Enketo."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from cati.errors import Problem
from cati.files.form_writing import write_form_xlsx, write_form_yaml, write_table_csv
from cati.files.questionnaires import read_form
from cati.files.xform_export import export_xform
from cati.survey.diagnostics import Diagnostic
from cati.survey.form_rows import EXTERNAL, Form
from cati.text import tr

FORMATS = (".xlsx", ".yaml", ".yml", ".xml")
"""What `convert_form` writes; the ending says which."""


@dataclass(frozen=True, slots=True)
class Converted:
    """The files written, the form first, and what was found on the way or lost in the other format."""

    paths: tuple[Path, ...]
    notes: tuple[Diagnostic, ...]


def convert_form(source: Path, target: Path, *, overwrite: bool = False) -> Converted:
    """Write the form in ``source`` (a file or a folder of CSV sheets) as ``target``, with its tables beside it.

    Workbook and YAML are read back first and must hold the same rows. Nothing is written when anything fails, or when
    a file is there already and ``overwrite`` does not say that it may go. Raises Problem.
    """
    if not source.exists():
        raise Problem(source.name, tr("There is no such questionnaire."), tr("Check the path."))
    if target.suffix.lower() not in FORMATS:
        raise Problem(
            target.name, tr("The ending does not say in which format."), tr("Use .xlsx, .yaml, or .xml for an XForm.")
        )
    if not target.parent.is_dir():
        raise Problem(str(target), tr("There is no such folder."), tr("Make it first."))
    form = read_form(source, source.name)
    files, notes = _written(form, target)
    home = source if source.is_dir() else source.parent
    if home.resolve() != target.parent.resolve():
        for name, table in form.tables.items():
            if name != EXTERNAL:
                files[target.parent / f"{name}.csv"] = write_table_csv(table)
    for path, data in files.items():
        same = path.exists() and path.is_file() and path.read_bytes() == data
        if path.exists() and not overwrite and not same:
            raise Problem(path.name, tr("There is such a file already."), tr("Choose another name."))
    for path, data in files.items():
        path.write_bytes(data)
    return Converted(tuple(files), (*form.noted, *notes))


def _written(form: Form, target: Path) -> tuple[dict[Path, bytes], tuple[Diagnostic, ...]]:
    """Return the files that make up the form in the format of ``target``, and what was lost."""
    if target.suffix.lower() == ".xml":
        made = export_xform(form)
        beside = {target.parent / "itemsets.csv": made.itemsets.encode()} if made.itemsets else {}
        return {target: made.xml.encode()} | beside, made.notes
    data = write_form_xlsx(form) if target.suffix.lower() == ".xlsx" else write_form_yaml(form).encode()
    if _content(read_form(data, target.name)) != _content(form):
        raise Problem(
            target.name,
            tr("Read back, it would not be the same questionnaire; nothing was written."),
            tr("Please report it, with the form if you may."),
        )
    return {target: data}, ()


def _content(form: Form) -> list[object]:
    """Return everything that stands in the form itself, but not in which rows."""
    sheets = [form.survey, form.choices, form.settings, form.tables.get(EXTERNAL)]
    return [sheet and (sheet.headings, [dict(row.cells) for row in sheet.rows]) for sheet in sheets]
