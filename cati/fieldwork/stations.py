"""The workstations that hold the seal of a study on a server: each is known there, and destroys its own at the end."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any, NoReturn

import msgspec

from cati.errors import Problem
from cati.fieldwork.backing_up import left_of
from cati.fieldwork.backing_up import station as this_computer
from cati.fieldwork.log import moment
from cati.fieldwork.open_study import OpenStudy
from cati.fieldwork.study_state import StudyState, keep_end
from cati.store import backups, ending, studies
from cati.store.database import Database, Transaction
from cati.store.ending import StationRow
from cati.text import tr
from cati.vault.ending import check_order, read_report, sign_report
from cati.vault.grants import Certificate, GrantRefused, certificate_from_bytes, certified_signing_key
from cati.vault.people import member_record_from_bytes, unlock_answers, unlock_member
from cati.vault.seal_file import Seal, SealDestruction, destroy_seal, read_seal
from cati.vault.study_keys import open_kept

_ID_LENGTH = 32
_RECORD = "record"
"""In place of a member's id: signed with the key of the erasure record."""


class SealGivenUp(Problem):
    """The study is being erased: the seal of this workstation was destroyed, and the server knows."""


def station_id(seal_path: Path) -> str:
    """Return this workstation's random id, which lies beside the seal; made at the first time."""
    path = seal_path.with_suffix(".station")
    for _twice in range(2):
        with suppress(FileNotFoundError):
            found = path.read_text("ascii").strip()
            if len(found) == _ID_LENGTH:
                return found
            path.unlink()  # a power cut left it empty
        with suppress(FileExistsError):
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "w", encoding="ascii") as file:
                file.write(secrets.token_hex(_ID_LENGTH // 2))
    return path.read_text("ascii").strip()


def note_station(study: OpenStudy, transaction: Transaction) -> None:
    """Let the server know that this workstation holds the seal; at each sign-in there."""
    if study.database.by_functions and study.keys is not None:
        ending.station_seen(transaction, station_id(study.seal_path), this_computer())


def give_up_seal(
    database: Database, study: studies.StudyRow, sign_in: tuple[str, str], seal_path: Path, begun: bytes, now: datetime
) -> NoReturn:
    """Destroy the seal of this workstation because two people of the study ordered its end; `SealGivenUp` says so.

    ``sign_in``: (login, password) of whoever is here. ``begun``: what the first step of the erasure kept.

    Nothing is destroyed for a wrong password (WrongPassword is raised), nor for an order that a research lead and
    another member did not sign under the key that the seal pins: the server's administrator alone cannot order it.
    """
    seal = read_seal(seal_path)
    with database.reading() as transaction:
        rows = studies.members(transaction)
        me = studies.member_by_login(transaction, sign_in[0])
    first = msgspec.json.decode(begun)
    order = first.get("order")
    if first.get("station") == station_id(seal_path):
        raise Problem(
            tr("Sign-in"),
            tr("The erasure of this study was begun and interrupted."),
            tr("The two people who began it finish it: cati purge, or the window’s first page."),
        )
    if not _is_ordered(order, study.id, rows, seal):
        raise Problem(
            tr("Seal"),
            tr("The server says that this study is being erased, but two of its people did not sign that."),
            tr("The seal stays. Do not go on; tell the research lead."),
        )
    by, signing = _signer(me, sign_in[1], seal)
    station = station_id(seal_path)
    result = destroy_seal(seal_path)
    said = {**report_of(result), "at": now.strftime("%Y-%m-%dT%H:%M:%SZ"), "by": by}
    with database.transaction() as transaction:
        ending.station_gone(transaction, station, this_computer(), sign_report(study.id, station, said, signing))
    if said["gone"]:
        keep_end(seal_path, StudyState.ERASED)
    raise SealGivenUp(
        tr("Sign-in"),
        tr("This study is being erased. The seal of this workstation was destroyed, and the server knows.")
        if said["gone"]
        else tr("This study is being erased. The seal of this workstation could not be destroyed."),
        tr("Nothing more is to be done here.") if said["gone"] else tr("Delete its file: {path}", path=seal_path),
    )


def _signer(me: studies.MemberRow | None, password: str, seal: Seal) -> tuple[str, bytes | None]:
    """Return whose key signs a workstation's word, and the key: the member's own as long as it opens.

    Later a research lead's, who keeps the key of the record; else nobody's.
    """
    if me is None:
        return "", None
    record = member_record_from_bytes(me.record)
    if record.salt:
        return me.id, unlock_member(record, password, seal).signing
    if me.kept is not None:
        return _RECORD, open_kept(me.kept, record, unlock_answers(record, password)).record_private
    return "", None


def report_of(result: SealDestruction) -> dict[str, Any]:
    """Return what is said of a seal's destruction, in the record and in a workstation's word."""
    return {
        # Not found: a run that was killed had got as far as deleting the file.
        "gone": result.unlinked or not result.found,
        "interrupted": not result.found,
        "overwritten": result.overwritten or not result.found,
        "synced": result.synced or not result.found,
        "storage": result.storage,
        "in_place": result.in_place,
    }


def _is_ordered(order: object, study_id: str, rows: Sequence[studies.MemberRow], seal: Seal) -> bool:
    certificates = dict(_certified(rows, seal))
    certified = {who: found.signing_public for who, found in certificates.items()}
    return check_order(order, study_id, certified) and any(
        certificates[who].may_grant
        for who in order["signatures"]  # type: ignore[index]  # an order it is, just checked
    )


def _certified(rows: Sequence[studies.MemberRow], seal: Seal) -> Iterator[tuple[str, Certificate]]:
    for row in rows:
        if row.active:
            with suppress(GrantRefused):
                certificate = certificate_from_bytes(row.certificate)
                certified_signing_key(certificate, row.id, seal)
                yield row.id, certificate


def signing_keys(rows: Sequence[studies.MemberRow], seal: Seal) -> dict[str, bytes]:
    """Return everybody's public signing key that is certified under the key which the seal pins."""
    return {who: found.signing_public for who, found in _certified(rows, seal)}


def still_sealed(rows: Sequence[StationRow], own: str) -> tuple[StationRow, ...]:
    """Return the other workstations that did not say that their seal is gone."""
    return tuple(row for row in rows if row.id != own and row.gone_at is None)


def others_in_record(
    rows: Sequence[StationRow], own: str, study_id: str, certified: Mapping[str, bytes], why: str
) -> list[dict[str, Any]]:
    """Return the record's lines about the other workstations; ``why``: the reason given for those not reached."""
    lines = []
    for row in rows:
        if row.id == own:
            continue
        said = read_report(row.report, study_id, row.id, certified)
        known = {"name": row.name, "id": row.id, "seen": moment(row.seen_at).strftime("%Y-%m-%dT%H:%M:%SZ")}
        if row.gone_at is not None and said:
            lines.append({**said, **known})
        else:
            lines.append({**known, "gone": False, "why": why})
    return lines


def known_of_server(transaction: Transaction, done: Mapping[str, Any]) -> dict[str, Any]:
    """Return what became known since the first record: other workstations' seals, what the administrator did.

    ``done``: the steps of the erasure. A word that came after the members' keys were deleted counts when it is signed
    with the key of the record.
    """
    study = studies.the_study(transaction)
    if study is None:
        return {}
    now = others_in_record(ending.stations(transaction), done["stations"]["own"], study.id,
                           {_RECORD: study.record_public}, "")  # fmt: skip
    before = {line["id"]: line for line in done["stations"]["others"]}
    others = []
    for line in now:
        was = before.pop(line["id"], None)
        late = line["gone"] and (was is None or not (was["gone"] and was.get("signed")))
        others.append(line if late or was is None else was)
    rows = backups.listed(transaction)
    return {
        "others": [*others, *before.values()],
        "backups": [asdict(left_of(row)) for row in rows],
        **({"finished": done["finished"]} if "finished" in done else {}),
    }
