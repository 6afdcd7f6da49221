"""A questionnaire written in another format: workbook, YAML twin, or XForm for ODK, KoBo and Enketo."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from cati.errors import Problem
from cati.fieldwork.open_study import OpenStudy
from cati.fieldwork.stored_form import stored_form
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


def xforms_possible() -> bool:
    """Tell whether pyxform is installed, without which no XForm is written."""
    return find_spec("pyxform") is not None


def convert_form(source: Path, target: Path, *, overwrite: bool = False, replace: bool = False) -> Converted:
    """Write the form in ``source`` (a file or a folder of CSV sheets) as ``target``, with its tables beside it.

    Workbook and YAML are read back first and must hold the same rows. Nothing is written when anything fails, or when
    a file is there already that may not go: ``overwrite`` says that all may, ``replace`` that ``target`` may, but not
    the tables beside it, about which nobody was asked. Raises Problem.
    """
    if not source.exists():
        raise Problem(source.name, tr("There is no such questionnaire."), tr("Check the path."))
    if source.resolve() == target.resolve():
        raise Problem(target.name, tr("This is the form itself."), tr("Choose another name."))
    _check_target(target)
    home = source if source.is_dir() else source.parent
    return _convert(read_form(source, source.name), home, target, overwrite=overwrite, replace=replace)


def convert_own(study: OpenStudy, target: Path, *, replace: bool = False) -> Converted:
    """Write the study's own questionnaire as ``target``, from the file that the study keeps; see `convert_form`."""
    _check_target(target)
    read = stored_form(study)
    if read is None or read.form is None:
        raise Problem(
            tr("Questionnaire"),
            tr("The study has not kept the file of this questionnaire, or this program reads it in another way now."),
            tr("Open the form itself and save that."),
        )
    return _convert(read.form, None, target, replace=replace)


def _check_target(target: Path) -> None:
    if target.suffix.lower() not in FORMATS:
        raise Problem(
            target.name, tr("The ending does not say in which format."), tr("Use .xlsx, .yaml, or .xml for an XForm.")
        )
    if not target.parent.is_dir():
        raise Problem(str(target), tr("There is no such folder."), tr("Make it first."))


def _convert(
    form: Form, home: Path | None, target: Path, *, overwrite: bool = False, replace: bool = False
) -> Converted:
    """Write the form and, where it does not stay at ``home`` beside them, its tables."""
    files, notes = _written(form, target)
    if home is None or home.resolve() != target.parent.resolve():
        for name, table in form.tables.items():
            if name != EXTERNAL:
                files[target.parent / f"{name}.csv"] = write_table_csv(table)
    for path, data in files.items():
        same = path.exists() and path.is_file() and path.read_bytes() == data
        if path.exists() and not same and not (overwrite or (replace and path == target)):
            raise Problem(path.name, tr("There is such a file already."), tr("Choose another name."))
    for path, data in files.items():
        try:
            path.write_bytes(data)
        except OSError:
            raise Problem(path.name, tr("This file could not be written."), tr("Choose another place.")) from None
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
