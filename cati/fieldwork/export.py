"""The answers leave: only from the mixed stock, only by a research lead, every file whole or absent."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import msgspec

from cati.errors import Cancelled, Problem
from cati.fieldwork.log import Act, note
from cati.fieldwork.open_study import OpenStudy, Role
from cati.store import stock
from cati.store.database import Transaction
from cati.text import tr, trn
from cati.vault.answers import open_answers

Progress = Callable[[int, int], None]

_FILE = "interviews"
_CODEBOOK = "codebook.html"
_EVERY = 50


class ExportFormat(StrEnum):
    """The formats; a codebook is always written beside them."""

    CSV = "csv"
    XLSX = "xlsx"
    SAV = "sav"
    PARQUET = "parquet"


@dataclass(frozen=True, slots=True)
class Exported:
    """The files that were written, the number of interviews in them, and in words what was grouped or held back."""

    paths: tuple[Path, ...]
    interviews: int
    notes: tuple[str, ...]


def export(
    study: OpenStudy,
    folder: Path,
    formats: Collection[ExportFormat],
    *,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Exported:
    """Write the mixed stock into ``folder`` in these formats; also after the purge.

    All files appear together at the end, never over an earlier export; after `Cancelled` or a Problem none does.
    Interviews that are not mixed yet stay here, and the notes say how many.
    """
    from cati.results import dataset, exports  # noqa: PLC0415 - loads pandas, which nothing else needs

    study.require(Role.RESEARCH_LEAD)
    private = study.answers_private
    if private is None:
        raise Problem(tr("Export"), tr("The answers cannot be opened."), tr("Sign in as a research lead."))
    writers = {
        ExportFormat.CSV: exports.write_csv,
        ExportFormat.XLSX: exports.write_xlsx,
        ExportFormat.SAV: exports.write_sav,
        ExportFormat.PARQUET: exports.write_parquet,
    }
    chosen = [one for one in ExportFormat if one in formats]
    names = [*(f"{_FILE}.{one.value}" for one in chosen), _CODEBOOK]
    if any((folder / name).exists() for name in names):
        raise Problem(
            folder.name, tr("An export lies in this folder already."), tr("Choose another folder; nothing is replaced.")
        )
    step = _Steps(progress, cancelled)
    with study.reading() as transaction:
        total, waiting = stock.stock_count(transaction), stock.pending_count(transaction)
        if not total:
            raise Problem(
                tr("Export"),
                tr("There is nothing to export yet."),
                tr("Interviews are mixed at the end of a day, ten or more at a time."),
            )
        step.total = total + len(chosen) * _weight(total)
        interviews = _opened(transaction, private, step)
        data = dataset.build(study.questionnaire, interviews, study.settings, draw=study.draw)
    part = folder / f".cati-export-{study.draw.getrandbits(64):016x}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        part.mkdir(mode=0o700)
        written = []
        for one in chosen:
            written.append(writers[one](data, part / f"{_FILE}.{one.value}"))
            step.forward(_weight(total))
        written.append(exports.write_codebook(data, part / _CODEBOOK))
        step.forward(0)
        paths = tuple(path.replace(folder / path.name) for path in written)
    except OSError as error:
        raise Problem(
            folder.name, tr("The files cannot be written here."), tr("Choose another folder or make room.")
        ) from error
    finally:
        shutil.rmtree(part, ignore_errors=True)
    with study.transaction() as transaction:
        note(study, transaction, Act.EXPORTED, interviews=total, formats=[one.value for one in chosen])
    notes = list(data.notes)
    if waiting:
        notes.append(
            trn(
                "1 finished interview is not mixed yet and stays here.",
                "{n} finished interviews are not mixed yet and stay here.",
                waiting,
            )
        )
    return Exported(paths=paths, interviews=total, notes=tuple(notes))


def _weight(total: int) -> int:
    """Return how much of the bar one format is, measured in interviews opened."""
    return max(total // 4, 1)


class _Steps:
    """How far the export is; raises `Cancelled` where nothing would be left half."""

    def __init__(self, progress: Progress | None, cancelled: Callable[[], bool] | None) -> None:
        self._progress = progress
        self._cancelled = cancelled
        self._done = 0
        self.total = 1

    def forward(self, by: int) -> None:
        """Show that this much more is through."""
        if self._cancelled is not None and self._cancelled():
            raise Cancelled
        self._done += by
        if self._progress is not None:
            self._progress(min(self._done, self.total), self.total)


def _opened(transaction: Transaction, private: bytes, step: _Steps) -> Iterator[dict[str, Any]]:
    """Yield the interviews one by one; only one is open in memory beside the columns it fills."""
    decode = msgspec.json.Decoder(dict[str, Any]).decode
    at = 0
    for at, sealed in enumerate(stock.stock_rows(transaction), 1):
        yield decode(open_answers(private, sealed))
        if at % _EVERY == 0:
            step.forward(_EVERY)
    step.forward(at % _EVERY)
