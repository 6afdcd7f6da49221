"""What `cati check` and `cati convert` do: findings for people and for scripts, and a form in another format."""

from __future__ import annotations

import argparse
import json
import shutil
import textwrap
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from cati.cli.acts import PROBLEM
from cati.text import mark, tr, trn

if TYPE_CHECKING:
    from cati.survey.diagnostics import Diagnostic

_TITLES = {"error": mark("Errors"), "warning": mark("Warnings"), "note": mark("Notes")}
_ROWS_SHOWN = 12
_WIDTH = 110


def check(args: argparse.Namespace) -> int:
    """Print what is wrong with a questionnaire; status 1 when it cannot run, with --strict also for a warning.

    ``--json`` prints one list of objects with severity, code, sheet, row, column, what and do. The code does not
    change with the language; row and column are 0 and "" where a finding has none.
    """
    from cati.fieldwork.forms import check_form

    form = check_form(args.form)
    counted = {severity: sum(one.severity == severity for one in form.diagnostics) for severity in _TITLES}
    if args.json:
        print(json.dumps([_plain(one) for one in form.diagnostics], ensure_ascii=False, indent=1))
    else:
        print_findings(form.diagnostics)
        said = [trn("1 error", "{n} errors", counted["error"]), trn("1 warning", "{n} warnings", counted["warning"])]
        if counted["note"]:
            said.append(trn("1 note", "{n} notes", counted["note"]))
        print(", ".join(said) + ".")
        if form.questionnaire is not None:
            count = len(form.questionnaire.items)
            print(trn("The questionnaire runs: 1 item.", "The questionnaire runs: {n} items.", count))
    failed = form.questionnaire is None or (args.strict and counted["warning"])
    return PROBLEM if failed else 0


def convert(args: argparse.Namespace) -> int:
    """Write a questionnaire in another format and say what was noted on the way."""
    from cati.fieldwork.form_conversion import convert_form

    converted = convert_form(args.form, args.target, overwrite=args.overwrite)
    print_findings(converted.notes)
    for path in converted.paths:
        print(tr("Written: {path}", path=path))
    return 0


def print_findings(findings: Sequence[Diagnostic]) -> None:
    """Print findings under their severity and sheet; what is the same in several rows is said once."""
    for severity, title in _TITLES.items():
        here = [one for one in findings if one.severity == severity]
        if not here:
            continue
        print(f"{tr(title)} ({len(here)})")
        for sheet in dict.fromkeys(one.sheet for one in here):
            if sheet:
                print("  " + tr("Sheet {sheet}", sheet=sheet))
            for place, said in _gathered(one for one in here if one.sheet == sheet):
                print(_wrapped(f"{place}: {said}" if place else said))
        print()


def _gathered(findings: Iterable[Diagnostic]) -> list[tuple[str, str]]:
    """Return where and what, the rows of equal findings together."""
    rows: dict[tuple[str, str], list[int]] = {}
    for one in findings:
        rows.setdefault((one.column, f"{one.what} {one.do}".strip()), []).append(one.row)
    return [(_place(numbers, column), said) for (column, said), numbers in rows.items()]


def _place(rows: Sequence[int], column: str) -> str:
    numbers = sorted({row for row in rows if row})
    shown = ", ".join(str(row) for row in numbers[:_ROWS_SHOWN]) + (", …" if len(numbers) > _ROWS_SHOWN else "")
    parts = [trn("row {rows}", "rows {rows}", len(numbers), rows=shown)] if numbers else []
    if column:
        parts.append(tr("column {column}", column=column))
    place = ", ".join(parts)
    return place[:1].upper() + place[1:]


def _wrapped(text: str) -> str:
    width = max(40, shutil.get_terminal_size((_WIDTH, 24)).columns)
    return textwrap.fill(
        text, width, initial_indent="    ", subsequent_indent="      ", break_long_words=False, break_on_hyphens=False
    )


def _plain(found: Diagnostic) -> dict[str, object]:
    return {
        "severity": found.severity.value,
        "code": found.code,
        "sheet": found.sheet,
        "row": found.row,
        "column": found.column,
        "what": found.what,
        "do": found.do,
    }
