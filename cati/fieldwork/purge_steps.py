"""The steps of a purge, in order: each may be killed and repeated, and the next run goes on where the last one fell."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path

import msgspec

from cati import places
from cati.errors import Problem
from cati.fieldwork import log, mixing
from cati.fieldwork.backing_up import Left, end_all
from cati.fieldwork.log import Act, seconds
from cati.fieldwork.open_study import OpenStudy
from cati.fieldwork.placing import opened_contact
from cati.fieldwork.purging import OURS, SAMPLE_NAME, Purging, folders_of, stamp
from cati.fieldwork.residue import Needles, Searched, needles_of, search
from cati.fieldwork.spool import files_of
from cati.fieldwork.stations import report_of
from cati.fieldwork.supervising import case_codes
from cati.fieldwork.updating import COPIES
from cati.store import backups, cases, contacts, counts, erasure, journal, staff, studies
from cati.store.database import Transaction
from cati.store.embedded import BALLAST_NAME
from cati.survey.case import Contact
from cati.text import tr, trn
from cati.vault.contacts import forget_keys, open_contact
from cati.vault.paper import paper_copy
from cati.vault.people import member_record_from_bytes
from cati.vault.seal_file import destroy_seal, key_fingerprint, read_seal
from cati.vault.sealing import SealBroken, derive

_SAMPLE_SIZE = 40
_AT_ONCE = 2000
STAYS_IN_LOG = frozenset(
    act.value
    for act in (
        Act.MADE, Act.MOVED, Act.SETTINGS, Act.QUESTIONNAIRE, Act.MEMBER_ADDED, Act.MEMBER_CHANGED, Act.MEMBER_LEFT,
        Act.PASSWORD, Act.RESET, Act.TRUSTEES, Act.DRILLED, Act.RECOVERED, Act.KEYS_RENEWED, Act.IMPORTED, Act.MIXED,
        Act.FIELD_ENDED, Act.EXPORTED, Act.END_AGREED, Act.PURGE,
    )
)  # fmt: skip
# Acts upon the study itself. All about cases, calls and working hours dies with the contacts.


def plain_traces(study: OpenStudy, needles: Needles) -> tuple[Searched, tuple[str, ...]]:
    """Search for contacts and for the seal in clear; also return, in words, the files that somebody must delete.

    Those are files that are not the program's: a list left in the study's folder, the seal's sheet never deleted.
    """
    pieces = tuple(line.encode() for line in paper_copy(read_seal(study.seal_path))[:-1])
    looked_for = Needles(needles.numbers, (*needles.pieces, *pieces))
    searched = search(
        folders_of(study.folder, study.seal_path, study.study_id),
        looked_for,
        leave_out=frozenset({study.folder / SAMPLE_NAME, study.folder / BALLAST_NAME}),
    )
    own = {study.folder / name for name in OURS} | {study.seal_path}
    foreign = [path for path in searched.where if path not in own and path.parent != places.logs()]
    return searched, tuple(
        tr("{path} holds contacts or the seal in clear; it must be deleted first.", path=path) for path in foreign
    )


def every_contact(study: OpenStudy) -> Iterator[Contact]:
    """Yield every contact in clear; on a server this stands in the log before."""
    if study.database.by_functions:
        with study.transaction() as transaction:
            contacts.announce(transaction, "erase")
    with study.reading() as transaction:
        last = ""
        while rows := contacts.contacts_after(transaction, last, _AT_ONCE):
            yield from (opened_contact(study, row) for row in rows)
            last = rows[-1].case


def hindrances(study: OpenStudy, transaction: Transaction) -> tuple[str, ...]:
    """Return in words what stands against a purge now: the field still open, a lease, interviews not mixed."""
    found = []
    if not mixing.field_is_over(study, transaction):
        found.append(tr("The field period is not over; a research lead must end it first."))
    if cases.leased(transaction, seconds(study.now())):
        found.append(tr("Somebody has a case open."))
    waiting = counts.sizes(transaction)["pending"]
    if waiting:
        found.append(
            trn(
                "1 finished interview is not mixed yet; ending the field period mixes it.",
                "{n} finished interviews are not mixed yet; ending the field period mixes them.",
                waiting,
            )
        )
    return tuple(found)


def begin(purging: Purging) -> None:
    """Check what must be, look for plain traces while contacts can still be read, and write down what will go."""
    study = _lead(purging)
    with study.reading() as transaction:
        for hindrance in hindrances(study, transaction):
            raise Problem(tr("Erasure"), hindrance, tr("Nothing was erased."))
    purging.needles = needles_of(every_contact(study))
    with study.reading() as transaction:
        sample = [
            (row.case, row.sealed_key, row.sealed_details)
            for row in contacts.contacts_after(transaction, "", _SAMPLE_SIZE)
        ]
        sizes = counts.sizes(transaction)
        by_status = counts.count_by_status(transaction)
        lists, rows, accepted = counts.lists(transaction)
    _write_sample(purging.folder / SAMPLE_NAME, sample)
    searched, foreign = plain_traces(study, purging.needles)
    at = stamp(purging.now())
    for trace in foreign:
        (purging.folder / SAMPLE_NAME).unlink(missing_ok=True)
        raise Problem(tr("Erasure"), trace, tr("Nothing was erased."))
    withdrawn = sum(n for (status, _cell), n in by_status.items() if status is cases.CaseStatus.WITHDRAWN)
    purging.finish(
        "begun",
        {
            "at": at,
            **purging.ordered(at),
            "persons": [asdict(person) for person in purging.authority.persons],
            "counts": {**sizes, "withdrawn": withdrawn, "lists": lists, "rows": rows, "accepted": accepted},
            "keys": _key_ids(purging, study),
            "before": {"files": searched.files, "found": searched.found},
        },
    )


def recall(purging: Purging) -> None:
    """Read once more, in a run that goes on while the seal is there, what is looked for when all is gone."""
    study = purging.authority.study
    if study is not None and "begun" in purging.done:
        purging.needles = needles_of(every_contact(study))


def checkpoint(purging: Purging) -> None:
    """Sign the last word about the log's ends and keep it beside the seal, before anything is destroyed."""
    study = _lead(purging)
    log.write_checkpoint(study)
    with study.reading() as transaction:
        entries, head = log.extent(transaction)
    purging.finish("checkpoint", {"entries": entries, "head": head})


def destroy(purging: Purging) -> None:
    """Destroy the seal. From here on nobody opens a contact, whatever is killed or copied."""
    if "seal_begun" not in purging.done:
        read_seal(purging.seal_path)  # a seal that is not here cannot be destroyed here: said before anything goes
        purging.finish("seal_begun", {})
    result = destroy_seal(purging.seal_path)
    purging.finish("seal", report_of(result))
    forget_keys()
    if purging.authority.study is not None:
        purging.authority.study.close()


def delete_rows(purging: Purging) -> None:
    """Delete every row that leads to a person, every wrapped key and the call log; keep counts for the rates."""
    with purging.database.transaction() as transaction:
        counts.write_tally(transaction, tally(transaction))
        erasure.delete_everything(transaction)
        for member, record in bare_records(transaction).items():
            staff.replace_record(transaction, member, record)
        purging.keep(transaction, "rows", {"log_kept": _cut_log(purging, transaction)})


def bare_records(transaction: Transaction) -> dict[str, bytes]:
    """Return every member's record without the keys that the seal guarded."""
    read = ((row.id, member_record_from_bytes(row.record)) for row in studies.members(transaction))
    return {member: replace(record, sealed_keys=b"", salt=b"").to_bytes() for member, record in read}


def tidy(purging: Purging) -> None:
    """Delete the program's own files that are of no use any more, and count those that are not the program's."""
    purging.database.release_ballast()
    left = _end_backups(purging)
    for unsent in files_of(places.spools(), purging.study_id):  # sealed under keys that are gone: nobody's any more
        unsent.unlink(missing_ok=True)
    strangers = sum(path.name not in OURS for path in purging.folder.rglob("*") if path.is_file())
    purging.finish("tidied", {"strangers": strangers, "backups": [asdict(backup) for backup in left]})


def _end_backups(purging: Purging) -> tuple[Left, ...]:
    """Delete the backups that can be reached from here; the record lists all of them with their end."""
    with purging.database.reading() as transaction:
        rows = backups.listed(transaction)
    left = end_all(rows)
    gone = [row.id for row, backup in zip(rows, left, strict=True) if backup.state == "deleted"]
    with purging.database.transaction() as transaction:
        backups.mark_gone(transaction, gone, seconds(purging.now()))
    with suppress(OSError):
        (purging.folder / COPIES).rmdir()
    return left


def rewrite(purging: Purging) -> None:
    """Write the database file anew without free pages and empty its log of changes."""
    purging.database.vacuum()
    purging.finish("rewritten", {})
    purging.database.checkpoint()


def verify(purging: Purging) -> None:
    """Look again: no rows, no bytes, and the kept sample of ciphertexts opens with none of the keys that are left."""
    sample_path = purging.folder / SAMPLE_NAME
    sample = _read_sample(sample_path)
    with purging.database.reading() as transaction:
        left = erasure.left(transaction)
        wrapped = sum(len(member_record_from_bytes(row.record).sealed_keys) > 0 for row in studies.members(transaction))
    tails = [piece for case_id, key, details in sample for piece in (case_id.encode(), key[-32:], details[-32:])]
    looked_for = Needles(purging.needles.numbers, (*purging.needles.pieces, *tails))
    searched = search(purging.folders(), looked_for, leave_out=_unread(purging))
    in_rows = purging.found_in_rows(looked_for)
    opened, tried = _try_to_open(purging, sample)
    purging.finish(
        "verified",
        {
            "rows_left": sum(left.values()),
            "wrapped_left": wrapped,
            "files": searched.files,
            "found": searched.found + in_rows.get("found_in_rows", 0),
            **in_rows,
            **purging.for_later(tails),
            "plain_looked_for": bool(purging.needles.numbers),
            "sample": len(sample),
            "opened": opened,
            "tried": tried,
        },
    )


def clear_up(purging: Purging) -> None:
    """Overwrite and delete the kept sample; the last thing before the study is marked as erased."""
    path = purging.folder / SAMPLE_NAME
    if path.exists():
        with path.open("r+b") as file:
            file.write(bytes(path.stat().st_size))
            file.flush()
            os.fsync(file.fileno())
        path.unlink()


def _unread(purging: Purging) -> frozenset[Path]:
    """Return what is not searched: the kept sample itself, and the reserve of 32 MiB of zeros."""
    return frozenset({purging.folder / SAMPLE_NAME, purging.folder / BALLAST_NAME})


def _lead(purging: Purging) -> OpenStudy:
    if purging.authority.study is None:
        message = "before the seal is destroyed the study is open as its research lead"
        raise AssertionError(message)
    return purging.authority.study


def _key_ids(purging: Purging, study: OpenStudy) -> dict[str, str]:
    """Return what the destroyed keys are called: 128 bits of a hash, from which nothing comes back."""
    keys = study.open_keys
    seal = read_seal(purging.seal_path)
    named = {"seal": seal.secret, "contacts": keys.contacts, "drafts": keys.drafts, "index": keys.index}
    if keys.identity is not None:
        named["age_identity"] = keys.identity.encode()
    return {name: key_fingerprint(secret) for name, secret in named.items()}


def tally(transaction: Transaction) -> dict[tuple[str, str, str, str], int]:
    """Return the counts that are kept for the rates, by (what, site, department, code)."""
    cells = counts.cell_places(transaction)
    rows: Counter[tuple[str, str, str, str]] = Counter()
    for (cell, found), n in case_codes(transaction).items():
        rows["final", *cells[cell], found.code] += n
    for outcome, n in counts.outcomes(transaction).items():
        rows["outcome", "", "", outcome] += n
    for act, n in erasure.count_of_acts(transaction).items():
        rows["act", "", "", act] += n
    return dict(rows)


def _cut_log(purging: Purging, transaction: Transaction) -> int:
    """Put the log's entries about the study itself into new chains; the first entry names the ends of the old ones."""
    entries, head = log.extent(transaction)
    kept = list(journal.entries(transaction, acts=tuple(STAYS_IN_LOG)))
    erasure.clear_log(transaction)
    log.append(
        transaction,
        purging.study_id,
        purging.authority.persons[0].id,
        Act.PURGE,
        purging.now(),
        entries=entries,
        head=head,
    )
    for entry in kept:
        log.chain_on(transaction, purging.study_id, replace(entry, case="", fence=0))
    return len(kept)


def _write_sample(path: Path, sample: Sequence[tuple[str, bytes, bytes]]) -> None:
    with path.open("wb") as file:
        os.chmod(path, 0o600)  # noqa: PTH101 - the same, on a file that is open
        file.write(msgspec.json.encode([(case, key.hex(), details.hex()) for case, key, details in sample]))
        file.flush()
        os.fsync(file.fileno())


def _read_sample(path: Path) -> list[tuple[str, bytes, bytes]]:
    read = msgspec.json.decode(path.read_bytes(), type=list[tuple[str, str, str]])
    return [(case, bytes.fromhex(key), bytes.fromhex(details)) for case, key, details in read]


def _try_to_open(purging: Purging, sample: Sequence[tuple[str, bytes, bytes]]) -> tuple[int, int]:
    """Return (how many of the sample opened, how many attempts were made) with every key that is left."""
    with purging.database.reading() as transaction:
        row = studies.the_study(transaction)
        records = [member_record_from_bytes(member.record) for member in studies.members(transaction)]
    left = [purging.authority.kept.answers_private, purging.authority.kept.record_private]
    if row is not None:
        left += [row.answers_public, row.record_public]
    for record in records:
        left += [record.encryption_public, record.signing_public, record.answers_public or b""]
    epoch = row.epoch if row is not None else 1
    keys = [key for key in left if len(key) == 32]  # noqa: PLR2004 - AES-256
    keys += [derive(key, label) for key in keys for label in ("index", "contacts", "seal/grants")]
    opened = tried = 0
    for case_id, sealed_key, details in sample:
        for key in keys:
            tried += 1
            try:
                open_contact(key, purging.study_id, case_id, sealed_key, details, epoch=epoch)
            except SealBroken:
                continue
            opened += 1
    return opened, tried
