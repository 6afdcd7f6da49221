"""Writes a data set as CSV, Excel, SPSS and Parquet, with its codebook: every file is whole or absent."""

from __future__ import annotations

import html
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd

from cati.results.dataset import DataSet
from cati.results.variables import MISSING, TEXT_MISSING, Measure, Variable
from cati.text import language, tr

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\0")
_ROWS_AT_ONCE = 5_000


def _whole(path: Path, write: Callable[[Path], None]) -> Path:
    """Write beside the target, sync, and put it in place in one step; on failure nothing is left."""
    part = path.with_name(f".{path.name}.part{path.suffix}")
    try:
        write(part)
        with part.open("rb+") as file:
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return path


def inert(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula (OWASP ASVS 1.2.10); our own missing codes pass."""
    return f"'{text}" if text.startswith(_FORMULA_STARTS) and text not in TEXT_MISSING.values() else text


def _inert_frame(data: DataSet) -> pd.DataFrame:
    frame = data.frame.copy(deep=False)
    for variable in data.variables:
        if variable.measure is Measure.TEXT:
            frame[variable.name] = frame[variable.name].map(inert)
    return frame


def write_csv(data: DataSet, path: Path) -> Path:
    """Write codes as CSV: UTF-8 with mark (Excel reads it), semicolons in German, commas in English."""
    separator = ";" if language() == "de" else ","
    return _whole(
        path,
        lambda part: _inert_frame(data).to_csv(
            part, index=False, sep=separator, encoding="utf-8-sig", chunksize=_ROWS_AT_ONCE
        ),
    )


def write_parquet(data: DataSet, path: Path) -> Path:
    """Write codes as Parquet."""
    return _whole(path, lambda part: data.frame.to_parquet(part, index=False))


def write_sav(data: DataSet, path: Path) -> Path:
    """Write an SPSS file with variable labels, value labels and user-missing values."""
    import pyreadstat  # noqa: PLC0415 - loads a compiled library; only this format needs it

    value_labels: dict[str, dict[Any, str]] = {}
    missing: dict[str, list[Any]] = {}
    measures: dict[str, str] = {}
    for variable in data.variables:
        text = variable.measure is Measure.TEXT
        measures[variable.name] = "nominal" if variable.measure in (Measure.CODED, Measure.TEXT) else "scale"
        labels: dict[Any, str] = dict(variable.values)
        if variable.has_missing and text:
            # SPSS takes three separate missing texts; the two that say "was never asked" and the refusal come first.
            labels |= {str(code): words for code, words in data.missing.items()}
            missing[variable.name] = ["-95", "-96", "-98"]
        elif variable.has_missing:
            labels |= data.missing
            missing[variable.name] = [{"lo": min(MISSING.values()), "hi": max(MISSING.values())}]
        if labels:
            value_labels[variable.name] = labels
    variable_labels: list[str | None] = [variable.label[:250] for variable in data.variables]
    return _whole(
        path,
        lambda part: pyreadstat.write_sav(
            data.frame, str(part), file_label=data.title[:60], column_labels=variable_labels,
            variable_value_labels=value_labels, missing_ranges=missing, variable_measure=measures,
        ),
    )  # fmt: skip


def write_xlsx(data: DataSet, path: Path) -> Path:
    """Write an Excel workbook: the codes on one sheet, the codebook on another; texts are written as texts."""
    import xlsxwriter  # noqa: PLC0415 - only this format needs it

    def write(part: Path) -> None:
        options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
        with xlsxwriter.Workbook(str(part), options) as book:
            bold = book.add_format({"bold": True})
            sheet = book.add_worksheet(tr("Data"))
            sheet.freeze_panes(1, 0)
            for at, variable in enumerate(data.variables):
                sheet.write_string(0, at, variable.name, bold)
            for at, row in enumerate(_inert_frame(data).itertuples(index=False, name=None), 1):
                for column, cell in enumerate(row):
                    if isinstance(cell, str):
                        sheet.write_string(at, column, cell)
                    else:
                        sheet.write_number(at, column, cell)
            codes = book.add_worksheet(tr("Codebook"))
            for at, row_of_words in enumerate(codebook_rows(data)):
                for column, words in enumerate(row_of_words):
                    codes.write_string(at, column, words, bold if at == 0 else None)
            codes.set_column(0, 0, 24)
            codes.set_column(1, 1, 70)
            codes.set_column(2, 3, 30)

    return _whole(path, write)


def codebook_rows(data: DataSet) -> list[tuple[str, str, str, str]]:
    """Return the codebook as rows: variable, label, code, meaning; the first row is the header."""
    rows = [(tr("Variable"), tr("Label"), tr("Code"), tr("Meaning"))]
    for variable in data.variables:
        codes = _all_values(variable, data)
        rows.append((variable.name, variable.label, "", "" if codes else tr("as answered")))
        rows += [("", "", str(code), words) for code, words in codes.items()]
    return rows


def _all_values(variable: Variable, data: DataSet) -> dict[int, str]:
    return dict(variable.values) | (data.missing if variable.has_missing else {})


_STYLE = """<style>
body { font: 16px/1.5 sans-serif; max-width: 56em; margin: 2em auto; padding: 0 1em }
table { border-collapse: collapse; margin: .3em 0 1.6em }
td { padding: .1em .8em; border-bottom: 1px solid #ccc }
td.n { text-align: right }
h2 { font-size: 1em; margin: 1.4em 0 .2em }
</style>"""


def write_codebook(data: DataSet, path: Path) -> Path:
    """Write the codebook as a page for people: every variable with its question and its codes."""
    parts = [
        f'<!doctype html><html lang="{language()}"><meta charset="utf-8"><title>{html.escape(tr("Codebook"))}</title>',
        _STYLE,
        f"<h1>{html.escape(tr('Codebook'))}: {html.escape(data.title)}</h1>",
        f"<p>{html.escape(tr('Interviews: {n}. Rows stand in random order.', n=len(data.frame)))}</p>",
        *(f"<p>{html.escape(note)}</p>" for note in data.notes),
    ]
    for variable in data.variables:
        parts.append(f"<h2>{html.escape(variable.name)}</h2><p>{html.escape(variable.label)}</p>")
        rows = "".join(
            f'<tr><td class="n">{code}</td><td>{html.escape(words)}</td></tr>'
            for code, words in _all_values(variable, data).items()
        )
        parts.append(f"<table>{rows}</table>" if rows else "")
    return _whole(path, lambda part: _write_text(part, "\n".join(parts) + "</html>\n"))


def _write_text(part: Path, text: str) -> None:
    part.write_text(text, "utf-8")
