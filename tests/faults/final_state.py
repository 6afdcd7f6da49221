"""What is left when all is over: the database's final state as plain values, opened with the lead's keys."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec
from sqlalchemy import text

from cati.fieldwork.log import verify
from cati.fieldwork.mixing import _opened, tag_of
from cati.fieldwork.open_answers import stored_events
from cati.fieldwork.open_study import OpenStudy
from cati.store import stock
from cati.store.database import Transaction


@dataclass(frozen=True, slots=True)
class FinalCase:
    """A case's row, as `cati.store.cases` has it, and whether its contact is still there."""

    cell: int
    status: int
    holder: str | None
    fence: int
    code: str | None
    contact: bool = True


@dataclass(frozen=True, slots=True)
class FinalCall:
    """An attempt's row."""

    case: str
    interviewer: str
    ended: int | None
    outcome: str | None


@dataclass(frozen=True, slots=True)
class FinalEvent:
    """An event of an open interview; ``address`` and ``value`` are "" for all but answers."""

    n: int
    id: str
    address: str = ""
    value: str = ""


@dataclass(frozen=True, slots=True)
class FinalInterview:
    """An interview in the pool; ``case`` is "" when its tag is no case's."""

    case: str
    answers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class FinalEntry:
    """An entry of the log; ``who`` is a login, ``n`` its number in that member's chain."""

    who: str
    n: int
    at: int
    act: str
    case: str = ""
    fence: int = 0
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Final:
    """A study's final state. ``cells``: (site, department) of each cell; ``log_faults``: what `verify` says."""

    cases: Mapping[str, FinalCase] = field(default_factory=dict)
    calls: Mapping[str, FinalCall] = field(default_factory=dict)
    appointments: Mapping[str, int] = field(default_factory=dict)
    events: Mapping[str, tuple[FinalEvent, ...]] = field(default_factory=dict)
    interviews: tuple[FinalInterview, ...] = ()
    log: tuple[FinalEntry, ...] = ()
    log_faults: tuple[str, ...] = ()
    cells: Mapping[int, tuple[str, str]] = field(default_factory=dict)


def final_state(lead: OpenStudy, **checking: Any) -> Final:
    """Read everything as the research lead; ``checking`` goes to `log.verify` (checkpoints of other workstations)."""
    checked = verify(lead, **checking)
    with lead.reading() as transaction:
        return Final(
            cases=_cases(transaction),
            calls={
                row["id"]: FinalCall(row["case"], row["interviewer"], row["ended"], row["outcome"])
                for row in _rows(transaction, "SELECT * FROM attempt")
            },
            appointments={row["case"]: row["at"] for row in _rows(transaction, "SELECT * FROM appointment")},
            events=_events(lead, transaction),
            interviews=_interviews(lead, transaction),
            log=_log(transaction),
            log_faults=() if checked.ok else (checked.why,),
            cells={row["id"]: (row["site"], row["department"]) for row in _rows(transaction, "SELECT * FROM cell")},
        )


def _rows(transaction: Transaction, sql: str) -> list[dict[str, Any]]:
    return [dict(row) for row in transaction.execute(text(sql)).mappings()]


def _cases(transaction: Transaction) -> dict[str, FinalCase]:
    there = {row["case"] for row in _rows(transaction, 'SELECT "case" FROM contact')}
    return {
        row["id"]: FinalCase(
            row["cell"], row["status"], row["lease_holder"], row["fence"], row["final_code"], row["id"] in there
        )
        for row in _rows(transaction, 'SELECT * FROM "case"')
    }


def _events(lead: OpenStudy, transaction: Transaction) -> dict[str, tuple[FinalEvent, ...]]:
    found = {}
    places: dict[str, list[int]] = {}
    for row in _rows(transaction, 'SELECT "case", n FROM draft_event ORDER BY n'):
        places.setdefault(row["case"], []).append(row["n"])
    for case_id, numbers in places.items():
        events = stored_events(lead, transaction, case_id)
        found[case_id] = tuple(
            FinalEvent(n, event.id, event.item if event.answer else "", str(event.answer.value) if event.answer else "")
            for n, event in zip(numbers, events, strict=True)
        )
    return found


def _interviews(lead: OpenStudy, transaction: Transaction) -> tuple[FinalInterview, ...]:
    tags = {tag_of(lead, row["id"]): row["id"] for row in _rows(transaction, 'SELECT id FROM "case"')}
    found = []
    for row_id, sealed in stock.pending_rows(transaction):
        opened: Any = _opened(lead, row_id, sealed)
        answers = {name: str(answer["v"]) for name, answer in opened["interview"]["answers"].items() if "v" in answer}
        found.append(FinalInterview(tags.get(opened["tag"], ""), answers))
    return tuple(found)


def _log(transaction: Transaction) -> tuple[FinalEntry, ...]:
    logins = {row["id"]: row["login"] for row in _rows(transaction, "SELECT id, login FROM member")}
    return tuple(
        FinalEntry(
            logins[row["who"]], row["n"], row["at"], row["act"], row["case"], row["fence"],
            msgspec.json.decode(row["details"]) if row["details"] else {},
        )
        for row in _rows(transaction, "SELECT * FROM log ORDER BY at, who, n")
    )  # fmt: skip
