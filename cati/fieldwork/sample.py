"""The consented list comes in: received, mapped, judged, sealed, all or nothing."""

from __future__ import annotations

import gc
import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

from cati.errors import Problem
from cati.fieldwork.fresh_cases import STEP, Asked, FreshCase, Progress, Steps, sealed_cases, steps_of
from cati.fieldwork.hand_over import check_passphrase
from cati.fieldwork.import_report import ImportReport, grouped, grouped_notes
from cati.fieldwork.log import Act, note, seconds
from cati.fieldwork.mixing import field_is_over
from cati.fieldwork.open_study import OpenStudy, Role
from cati.fieldwork.refused_rows import delete_received_file, refused_list, write_refused
from cati.fieldwork.settings_in_force import in_force
from cati.files.headers import LABELS, Field, plain_header
from cati.files.mapping import (
    CONSTANT_FIELDS,
    Mapping,
    mapping_faults,
    mapping_from_json,
    mapping_to_json,
    masked_sample,
    propose_mapping,
    with_constant,
    with_field,
)
from cati.files.people_rows import read_list
from cati.files.rows import Note, judge_rows
from cati.files.tables import Table
from cati.files.whole_file import read_whole
from cati.store import cases, contacts, counts, lists, studies
from cati.store.database import Transaction
from cati.survey.calling_hours import wall
from cati.survey.case import Accepted, Refused
from cati.text import mark, show_number, tr
from cati.vault.containers import LARGEST, Needs, NeedsSecret, open_container
from cati.vault.containers import needs_password as secret_needed

__all__ = [
    "CONSTANT_FIELDS",
    "LABELS",
    "Field",
    "ImportReport",
    "Mapping",
    "Received",
    "SlipDiffers",
    "Table",
    "bring_in",
    "check_passphrase",
    "delete_received_file",
    "mapping_faults",
    "mapping_to_json",
    "needs_password",
    "propose",
    "receive",
    "refused_list",
    "remember_template",
    "sample_counts",
    "sample_rows",
    "with_constant",
    "with_field",
    "write_refused",
]

_KNOWN = (
    "duplicate_in_study",
    mark("Somebody with this telephone number is in the study already."),
    mark("Nothing is to do if it is the same person."),
)
_NEVER = (
    "never_again",
    mark("Somebody with this telephone number asked not to be called again."),
    mark("Leave this person out of every list of this study."),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """A list as it was received, opened in memory. ``warning`` is a sentence to be confirmed, "" for a sealed file."""

    path: Path = field(repr=False)
    name: str
    sha256: str
    container: str
    table: Table = field(repr=False)
    warning: str


class SlipDiffers(Problem):
    """The list has another number of rows than the hand-over slip says."""


def needs_password(path: Path) -> str:
    """Return what must be asked for before `receive`: "" for nothing, else "password" (a passphrase too)."""
    return "password" if secret_needed(read_whole(path, LARGEST)) is Needs.PASSWORD else ""


def receive(study: OpenStudy, path: Path, password: str | None = None, *, sheet: str | None = None) -> Received:
    """Open a list in memory only, whatever it was sealed with; a Problem says what is wrong with it.

    The study's own age identity is the research leads'; others can receive lists with a password.
    """
    study.require(Role.SUPERVISOR)
    with study.reading() as transaction:
        if field_is_over(study, transaction):
            raise Problem(
                path.name, tr("The field period is over; nobody is called any more."), tr("Contacts are not needed.")
            )
    keys = study.open_keys
    try:
        opened = open_container(read_whole(path, LARGEST), path.name, identity=keys.identity, password=password)
    except NeedsSecret:
        if password is None and not needs_password(path):
            raise Problem(
                path.name,
                tr("Only a research lead can open a list that is sealed for the study."),
                tr("Sign in as a research lead."),
            ) from None
        raise
    with study.reading() as transaction:
        before = lists.received_before(transaction, opened.sha256)
    warning = ""
    if opened.container == "plain":
        warning = tr("This list is not sealed: whoever had it on the way could read it.")
    elif before is not None:
        warning = tr("This very file was brought in before; rows that are in the study already will be refused.")
    return Received(
        path=path,
        name=path.name,
        sha256=opened.sha256,
        container=opened.container,
        table=read_list(opened.data, opened.name, sheet=sheet),
        warning=warning,
    )


def propose(study: OpenStudy, received: Received, *, header_row: int | None = None) -> Mapping:
    """Return a remembered mapping that fits the list's headers, else a guess by names and content."""
    if header_row is None:
        with study.reading() as transaction:
            remembered = lists.templates(transaction)
        for template in remembered:
            mapping = mapping_from_json(template, received.table)
            if mapping is not None:
                return mapping
    return propose_mapping(received.table, study.settings, header_row=header_row)


def sample_rows(study: OpenStudy, received: Received, mapping: Mapping) -> list[list[str]]:
    """Return ten rows, masked, to check the mapping by."""
    study.require(Role.SUPERVISOR)
    return masked_sample(received.table, mapping)


def remember_template(study: OpenStudy, mapping: Mapping) -> None:
    """Remember a mapping for the next list with the same headers; it holds nothing of any row."""
    study.require(Role.SUPERVISOR)
    headers = "\n".join(sorted(plain_header(column.header) for column in mapping.columns if column.header))
    with study.transaction() as transaction:
        lists.keep_template(transaction, hashlib.sha256(headers.encode()).hexdigest(), mapping_to_json(mapping))


@contextmanager
def _collector_at_rest() -> Iterator[None]:
    """Let Python's cyclic collector rest: rows hold no cycles, and it would go through all of them again and again.

    A sixth of the time of a list of 100,000. What is not referred to any more is freed all the same.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


@_collector_at_rest()
def bring_in(
    study: OpenStudy,
    received: Received,
    mapping: Mapping,
    *,
    rows_on_slip: int,
    progress: Progress | None = None,
    cancelled: Asked | None = None,
) -> ImportReport:
    """Judge every row, seal what is accepted and write it in one transaction: all or nothing.

    ``rows_on_slip`` is what the office wrote on the hand-over slip; `SlipDiffers` when the list has another number.
    A Problem when somebody changed the settings by which the rows were judged.
    Raises Cancelled (nothing is kept). ``progress`` gets (steps done, steps in all): judging, sealing and writing.
    """
    study.require(Role.SUPERVISOR)
    now = study.now()
    total = 3 * max(1, rows_on_slip)

    def judged(done: int, rows: int) -> None:
        if progress is not None:
            progress(min(done * rows_on_slip // max(1, rows), rows_on_slip), total)

    notes: list[Note] = []
    verdicts = judge_rows(
        received.table,
        mapping,
        study.settings,
        _today(study, now),
        progress=judged,
        cancelled=cancelled,
        note=notes.append,
    )
    if len(verdicts) != rows_on_slip:
        raise SlipDiffers(
            received.name,
            tr(
                "The list has {rows} rows, the slip says {slip}.",
                rows=show_number(len(verdicts)),
                slip=show_number(rows_on_slip),
            ),
            tr("Nothing was brought in. Ask the office which of the two is right."),
        )
    accepted = [verdict for verdict in verdicts if isinstance(verdict, Accepted)]
    refused = [verdict for verdict in verdicts if isinstance(verdict, Refused)]
    step = Steps(progress, cancelled, rows_on_slip, total)
    new = sealed_cases(study, accepted, now, step)
    with study.transaction() as transaction:
        contacts.announce(transaction, "import")
    with study.database.transaction(large=True) as transaction:
        if in_force(study, transaction).settings != study.settings:
            raise Problem(
                received.name,
                tr("The settings of the study were changed while this list lay open; nothing was brought in."),
                tr("Look at the columns once more and bring it in again."),
            )
        kept, known = _without_known(transaction, new)
        _write(transaction, kept, step)
        refused = sorted((*refused, *known), key=lambda one: one.row)
        lists.note_received(
            transaction,
            lists.ReceivedRow(
                sha256=received.sha256,
                received_at=seconds(now),
                container=received.container,
                rows=len(verdicts),
                accepted=len(kept),
            ),
        )
        note(study, transaction, Act.IMPORTED, sha256=received.sha256, accepted=len(kept), refused=len(refused))
        step.look()
    if progress is not None:
        progress(total, total)
    reasons = Counter(one.code for one in refused)
    return ImportReport(
        rows=len(verdicts),
        accepted=len(kept),
        refused=tuple(refused),
        by_reason=grouped(refused),
        notes=grouped_notes(notes, (one.row for one in kept)),
        duplicates=sum(reasons[code] for code in ("duplicate_in_file", _KNOWN[0], _NEVER[0])),
        mapping=mapping,
    )


def _today(study: OpenStudy, now: datetime) -> date:
    return wall(now, study.settings.sites[0]).date()


def _without_known(transaction: Transaction, new: Sequence[FreshCase]) -> tuple[list[FreshCase], list[Refused]]:
    """Refuse whose number is in the study already, or who is never to be called again."""
    known, never = contacts.known_among(transaction, list({digest: None for one in new for digest in one.never}))
    kept: list[FreshCase] = []
    refused: list[Refused] = []
    for one in new:
        why = _KNOWN if not known.isdisjoint(one.digests) else None
        if not never.isdisjoint(one.never):
            why = _NEVER
        if why is None:
            kept.append(one)
        else:
            code, reason, remedy = why
            refused.append(Refused(row=one.row, field="", reason=tr(reason), remedy=tr(remedy), code=code))
    return kept, refused


def _write(transaction: Transaction, new: list[FreshCase], step: Steps) -> None:
    """Write cases, contacts and hashes in the order of their random ids, which says nothing of the list."""
    new.sort(key=lambda one: one.id)
    cells = {cell: studies.cell_id(transaction, *cell) for cell in sorted({one.cell for one in new})}
    for at in range(0, len(new), 5 * STEP):
        part = new[at : at + 5 * STEP]
        cases.add_cases(transaction, (one.values(cells[one.cell]) for one in part))
        cases.add_new_steps(transaction, steps_of(part))
        contacts.add_contacts(transaction, (one.contact for one in part))
        step.look(len(part))
    contacts.add_hashes(transaction, ((digest, one.id) for one in new for digest in one.digests))


def sample_counts(study: OpenStudy) -> tuple[tuple[str, str, int], ...]:
    """Return (site, department, people) for every combination of the settings; who withdrew is erased, not counted."""
    with study.reading() as transaction:
        counted = counts.count_by_status(transaction)
        cells = studies.cells(transaction)
    found: Counter[tuple[str, str]] = Counter()
    for (status, cell), n in counted.items():
        site, department, _language = cells[cell]
        found[site, department] += n if status is not cases.CaseStatus.WITHDRAWN else 0
    return tuple((s.code, d.code, found[s.code, d.code]) for s in study.settings.sites for d in s.departments)
