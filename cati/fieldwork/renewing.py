"""Renewing the keys when somebody left or a workstation was lost: what they knew opens nothing of now."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from cati.fieldwork.log import Act, note
from cati.fieldwork.mixing import PENDING_TAG, tag_inside
from cati.fieldwork.open_answers import DRAFT_PLACE
from cati.fieldwork.open_study import OpenStudy, Role
from cati.fieldwork.placing import opened_contact, sealed_contact
from cati.fieldwork.staffing import my_certificate_of
from cati.store import attempts, contacts, counts, drafts, staff, stock, studies
from cati.store.database import Transaction, keys_renewed
from cati.vault.contacts import forget_keys
from cati.vault.grants import certificate_from_bytes, check_certificate
from cati.vault.people import member_record_from_bytes
from cati.vault.recovery import recovery_wraps
from cati.vault.seal_file import Seal, read_seal
from cati.vault.sealing import blind_index, hashed_again, open_sealed, seal
from cati.vault.study_keys import StudyKeys, draft_hash_since, hand_over, recovery_secret, renewed

_AT_ONCE = 500
Progress = Callable[[int, int], None]


def renew_keys(study: OpenStudy, progress: Progress | None = None) -> OpenStudy:
    """Seal contacts and open answers anew under another K_contacts and K_drafts; returns the study with the new keys.

    For research leads, while nobody else has the study open. All of it in one transaction: contacts with data keys of
    their own anew, the numbers' hashes, words of appointments, open interviews, the pool, everybody's grants, the
    trustees' blobs. What lies on workstations is sealed anew by whose it is, at the next sign-in. Not renewed: the key
    of released answers, and the seal. Raises a Problem when somebody else is there.
    """
    study.require(Role.RESEARCH_LEAD)
    new = replace(study, keys=renewed(study.open_keys))
    seal_ = read_seal(study.seal_path)
    study.database.refuse_others()
    with study.transaction() as transaction:
        contacts.announce(transaction, "renew")
    with study.database.transaction(large=True) as transaction:
        study.database.hold_keys(transaction, alone=True)
        row = studies.the_study(transaction)
        if row is None or row.epoch != study.open_keys.epoch:
            raise keys_renewed()
        done = _contacts(study, new, transaction, progress)
        _appointments(study, new, transaction)
        _drafts(study, new, transaction)
        _pool(study, new, transaction)
        contacts.rehash_never(transaction, lambda digest: hashed_again(new.open_keys.index, digest))
        granted = _grants(study, new.open_keys, transaction, seal_)
        _blobs(new.open_keys, transaction, seal_)
        studies.set_epoch(transaction, new.open_keys.epoch)
        note(study, transaction, Act.KEYS_RENEWED, epoch=new.open_keys.epoch, contacts=done, members=granted)
    study.database.works_in = new.open_keys.epoch
    forget_keys()
    study.database.checkpoint()  # the log written ahead still held what the old key opens
    return new


def _contacts(old: OpenStudy, new: OpenStudy, transaction: Transaction, progress: Progress | None) -> int:
    """Seal each contact anew, with a new data key, and write the hashes of its numbers."""
    total = counts.sizes(transaction)["contacts"]
    contacts.forget_hashes(transaction)
    last, done = "", 0
    while rows := contacts.contacts_after(transaction, last, _AT_ONCE):
        opened = [(row.case, opened_contact(old, row)) for row in rows]
        contacts.reseal(transaction, [sealed_contact(new, case_id, contact) for case_id, contact in opened])
        index = new.open_keys.index
        contacts.add_hashes(
            transaction,
            {(blind_index(index, phone.e164), case_id) for case_id, contact in opened for phone in contact.phones},
        )
        last, done = rows[-1].case, done + len(rows)
        if progress is not None:
            progress(done, total)
    return done


def _appointments(old: OpenStudy, new: OpenStudy, transaction: Transaction) -> None:
    def again(case_id: str, column: str, sealed: bytes) -> bytes:
        where = (old.study_id, "appointment", case_id, column)
        return seal(new.open_keys.contacts, open_sealed(old.open_keys.contacts, sealed, *where), *where)

    attempts.reseal_words(transaction, again)


def _drafts(old: OpenStudy, new: OpenStudy, transaction: Transaction) -> None:
    """Seal the events of interviews that are begun and not finished, and the words being typed."""
    before, now = old.open_keys.drafts, new.open_keys.drafts
    for case_id in drafts.open_cases(transaction):
        rows = []
        for n, _id, sealed in drafts.events(transaction, case_id):
            where = (old.study_id, "draft_event", case_id, str(n))
            rows.append((n, seal(now, open_sealed(before, sealed, *where), *where)))
        drafts.reseal(transaction, case_id, rows)
    for case_id, address, sealed in drafts.texts(transaction):
        words = open_sealed(before, sealed, old.study_id, "draft_text", case_id, address)
        place = draft_hash_since(new.open_keys, before, DRAFT_PLACE, address)
        again = seal(now, words, old.study_id, "draft_text", case_id, place)
        drafts.reseal_text(transaction, case_id, address, place, again)


def _pool(old: OpenStudy, new: OpenStudy, transaction: Transaction) -> None:
    """Seal the finished interviews that are not mixed yet; the tag of the case stands beside each, and inside."""
    before, now = old.open_keys.drafts, new.open_keys.drafts
    for row_id, tag, sealed in stock.tagged_rows(transaction):
        where = (old.study_id, "pending", row_id)
        plain = open_sealed(before, sealed, *where)
        inside = tag_inside(plain)
        later = draft_hash_since(new.open_keys, before, PENDING_TAG, inside)
        again = seal(now, plain.replace(inside.encode(), later.encode(), 1), *where)
        stock.reseal_pending(transaction, row_id, tag and later, again)


def _grants(study: OpenStudy, keys: StudyKeys, transaction: Transaction, seal_: Seal) -> int:
    """Grant everybody who works in the study the new keys; their own keys are checked before."""
    mine = my_certificate_of(study, transaction)
    rows = [row for row in studies.members(transaction) if row.active]
    for row in rows:
        record, certificate = member_record_from_bytes(row.record), certificate_from_bytes(row.certificate)
        handed = hand_over(keys, record, certificate, mine, seal_)
        leading = handed.leading.to_bytes() if handed.leading is not None else None
        staff.replace_grants(transaction, row.id, handed.daily.to_bytes(), leading)
    return len(rows)


def _blobs(keys: StudyKeys, transaction: Transaction, seal_: Seal) -> None:
    """Seal for the trustees what a research lead holds now."""
    publics = {}
    for row in staff.trustees(transaction):
        record = member_record_from_bytes(row.record)
        check_certificate(certificate_from_bytes(row.certificate), record, seal_)
        publics[row.id] = record.encryption_public
    if publics:
        staff.replace_blobs(
            transaction, recovery_wraps(recovery_secret(keys), publics, seal_, epoch=keys.epoch), keys.epoch
        )
