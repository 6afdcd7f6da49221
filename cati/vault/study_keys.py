"""What an unlocked member of staff holds of a study's keys, how it is handed over, and what outlives the purge."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from cati.errors import Problem
from cati.text import tr
from cati.vault.age_files import new_identity, recipient_of
from cati.vault.answers import new_answers_pair, unwrap_answers_key, wrap_answers_key
from cati.vault.grants import Certificate, CertifyingKey, SignedGrant, check_certificate, grant, open_grant
from cati.vault.people import MemberKeys, MemberRecord
from cati.vault.seal_file import Seal, key_fingerprint
from cati.vault.sealing import (
    KEY_LENGTH,
    SealBroken,
    blind_index,
    blind_indexer,
    derive,
    hashed_again,
    new_key,
    parts_of,
    place,
    seal_broken,
)

_DAILY = "daily work"
_DAILY_ONCE = "daily work 2"  # with the index keys of earlier epochs behind the four: K_drafts was not renewed then
_DAILY_AFTER = "daily work 3"  # with index key and K_drafts of each earlier epoch behind the four
_LEADING_ONE = "leading"  # the age identity alone: of studies begun before certifying was handed on
_LEADING = "leading 2"
_KEPT = "kept after the erasure"


@dataclass(frozen=True, slots=True, repr=False)
class StudyKeys:
    """The keys of one study while somebody is signed in.

    ``contacts``, ``drafts``, ``index``: 32 bytes, for everybody. ``answers_public``: to seal finished interviews, for
    everybody. Research leads only, None for others: ``answers_private`` (to read them), ``record_private`` (Ed25519,
    signs the erasure record), ``identity`` (age, opens the office's list), ``certifying`` (Ed25519, pinned in the seal:
    says whose keys are whose). ``me``: the member's own keys. ``former_indexes``: index keys of earlier epochs, the
    oldest first; who is never called again was hashed with them. ``former_drafts``: K_drafts of the same epochs, for
    what lies on workstations, and for what was hashed with them.
    """

    study_id: str
    epoch: int
    contacts: bytes
    drafts: bytes
    index: bytes
    answers_public: bytes
    record_public: bytes
    me: MemberKeys
    answers_private: bytes | None = None
    record_private: bytes | None = None
    identity: str | None = None
    certifying: bytes | None = None
    former_indexes: tuple[bytes, ...] = ()
    former_drafts: tuple[bytes, ...] = ()

    @property
    def certifier(self) -> CertifyingKey:
        """What certifies members' keys; a Problem for a research lead to whom it was not handed on yet."""
        if self.certifying is None:
            raise Problem(
                tr("Staff"),
                tr("The right to add people was not handed on to you yet."),
                tr("Let the research lead who made the study open the page “Staff” and change anything there once."),
            )
        return CertifyingKey(self.certifying)

    @property
    def signing(self) -> bytes:
        """The member's own Ed25519 private key (log checkpoints)."""
        return self.me.signing

    @property
    def recipient(self) -> str | None:
        """The line that the office seals its list to (research leads only)."""
        return None if self.identity is None else recipient_of(self.identity)

    def __repr__(self) -> str:
        return f"StudyKeys(study_id={self.study_id!r}, epoch={self.epoch})"


@dataclass(frozen=True, slots=True)
class HandedOver:
    """What the database keeps for one member: certificate, grants (destroyed at the purge) and what outlives it."""

    certificate: Certificate
    daily: SignedGrant
    leading: SignedGrant | None
    kept: bytes | None


@dataclass(frozen=True, slots=True)
class KeptKeys:
    """What a research lead opens by password alone after the purge: released answers, and the record's signature."""

    answers_private: bytes = field(repr=False)
    record_private: bytes = field(repr=False)


def new_study_keys(study_id: str, me: MemberKeys) -> StudyKeys:
    """Return fresh keys for a new study, held by its first research lead."""
    answers_private, answers_public = new_answers_pair()
    record = Ed25519PrivateKey.generate()
    contacts = new_key()
    identity, _recipient = new_identity()
    return StudyKeys(
        study_id=study_id,
        epoch=1,
        contacts=contacts,
        drafts=new_key(),
        index=derive(contacts, "index"),
        answers_public=answers_public,
        record_public=record.public_key().public_bytes_raw(),
        me=me,
        answers_private=answers_private,
        record_private=record.private_bytes_raw(),
        identity=identity,
        certifying=me.signing,
    )


def hand_over(
    keys: StudyKeys, record: MemberRecord, certificate: Certificate, my_certificate: Certificate, seal: Seal
) -> HandedOver:
    """Grant a member what their role needs; a record with an answers key is a research lead's and gets all.

    ``certificate`` (of the member) is checked first, see `grants.grant`; ``my_certificate`` goes with the grants.
    Raises `GrantRefused`; only a research lead holds enough to call this for another.
    """
    four = keys.contacts + keys.drafts + keys.answers_public + keys.record_public
    daily_grant = grant(
        four + b"".join(key for both in _former(keys) for key in both),
        _DAILY_AFTER if keys.former_indexes else _DAILY,
        record,
        certificate,
        signer=keys.me,
        signer_certificate=my_certificate,
        seal_=seal,
        epoch=keys.epoch,
    )
    if record.answers_public is None:
        return HandedOver(certificate, daily_grant, None, None)
    if keys.identity is None or keys.answers_private is None or keys.record_private is None:
        raise seal_broken()
    leading = grant(
        keys.certifier.signing + keys.identity.encode(),
        _LEADING,
        record,
        certificate,
        signer=keys.me,
        signer_certificate=my_certificate,
        seal_=seal,
        epoch=keys.epoch,
    )
    kept = wrap_answers_key(
        keys.answers_private + keys.record_private, record.answers_public, record.study_id, record.member_id, _KEPT
    )
    return HandedOver(certificate, daily_grant, leading, kept)


def take_up(handed: HandedOver, record: MemberRecord, me: MemberKeys, seal: Seal, *, epoch: int = 1) -> StudyKeys:
    """Open what was handed over; raises `GrantRefused` or `SealBroken` for anything exchanged, replayed or altered."""
    check_certificate(handed.certificate, record, seal)
    purpose = handed.daily.purpose if handed.daily.purpose in (_DAILY_ONCE, _DAILY_AFTER) else _DAILY
    contacts, drafts, answers_public, record_public, *former = _in_keys(
        open_grant(handed.daily, purpose, me, seal, epoch=epoch)
    )
    certifying = identity = answers_private = record_private = None
    if me.answers is not None and handed.leading is not None and handed.kept is not None:
        certifying, identity = _open_leading(handed.leading, me, seal, epoch)
        opened = open_kept(handed.kept, record, me.answers)
        answers_private, record_private = opened.answers_private, opened.record_private
        # The wrap itself is not signed; that its keys belong to the signed public ones says the same.
        if _publics(opened) != (answers_public, record_public):
            raise seal_broken()
    return StudyKeys(
        study_id=seal.study_id,
        epoch=epoch,
        contacts=contacts,
        drafts=drafts,
        index=derive(contacts, "index"),
        answers_public=answers_public,
        record_public=record_public,
        me=me,
        answers_private=answers_private,
        record_private=record_private,
        identity=identity,
        certifying=certifying,
        former_indexes=tuple(former[::2] if purpose == _DAILY_AFTER else former),
        former_drafts=tuple(former[1::2]) if purpose == _DAILY_AFTER else (drafts,) * len(former),
    )


def _former(keys: StudyKeys) -> list[tuple[bytes, bytes]]:
    return list(zip(keys.former_indexes, keys.former_drafts, strict=True))


def _in_keys(joined: bytes) -> list[bytes]:
    return [joined[at : at + KEY_LENGTH] for at in range(0, len(joined), KEY_LENGTH)]


def renewed(keys: StudyKeys) -> StudyKeys:
    """Return the keys of the next epoch: another K_contacts, and with it another index, another K_drafts."""
    contacts = new_key()
    return replace(
        keys,
        epoch=keys.epoch + 1,
        contacts=contacts,
        drafts=new_key(),
        index=derive(contacts, "index"),
        former_indexes=(*keys.former_indexes, keys.index),
        former_drafts=(*keys.former_drafts, keys.drafts),
    )


def draft_hash(keys: StudyKeys, purpose: str, words: str) -> str:
    """Return a keyed hash under K_drafts, in hexadecimal: of the first epoch, hashed once more at every renewal."""
    first, *later = dict.fromkeys((*keys.former_drafts, keys.drafts))  # some renewals of old left it as it was
    digest = blind_index(derive(first, purpose), words)
    for key in later:
        digest = hashed_again(derive(key, purpose), digest)
    return digest.hex()


def draft_hash_since(keys: StudyKeys, drafts: bytes, purpose: str, digest: str) -> str:
    """Return what a `draft_hash` of the epoch with the key ``drafts`` has become by now."""
    all_keys = list(dict.fromkeys((*keys.former_drafts, keys.drafts)))
    found = bytes.fromhex(digest)
    for key in all_keys[all_keys.index(drafts) + 1 :]:
        found = hashed_again(derive(key, purpose), found)
    return found.hex()


def never_hashes(keys: StudyKeys) -> Callable[[str], tuple[bytes, ...]]:
    """Return what gives each form in which a number (E.164) may stand among those who are never called again.

    What was hashed in an earlier epoch was hashed once more at every renewal since; the last form is that of now, the
    number's `blind_index`. It is for many numbers, and holds the keys.
    """
    indexes = (*keys.former_indexes, keys.index)
    firsts = [(blind_indexer(first), indexes[at + 1 :]) for at, first in enumerate(indexes)]

    def hashes_of(e164: str) -> tuple[bytes, ...]:
        found = []
        for first, later in firsts:
            digest = first(e164)
            for key in later:
                digest = hashed_again(key, digest)
            found.append(digest)
        return tuple(found)

    return hashes_of


def _open_leading(granted: SignedGrant, me: MemberKeys, seal: Seal, epoch: int) -> tuple[bytes | None, str]:
    """Return (the certifying key, the age identity)."""
    if granted.purpose == _LEADING_ONE:  # then only whoever made the study certifies
        mine = key_fingerprint(me.signing_public()) == seal.signer_fingerprint
        return me.signing if mine else None, open_grant(granted, _LEADING_ONE, me, seal, epoch=epoch).decode()
    opened = open_grant(granted, _LEADING, me, seal, epoch=epoch)
    certifying, identity = opened[:KEY_LENGTH], opened[KEY_LENGTH:]
    if key_fingerprint(CertifyingKey(certifying).signing_public()) != seal.signer_fingerprint:
        raise seal_broken()
    return certifying, identity.decode()


def hands_on_certifying(handed: SignedGrant) -> bool:
    """Tell whether a research lead's grant holds the certifying key, too."""
    return handed.purpose == _LEADING


def recovery_secret(keys: StudyKeys) -> bytes:
    """Return all that a research lead holds, as the trustees' blobs seal it (FORMATS.md, `43`)."""
    if keys.identity is None or keys.answers_private is None or keys.record_private is None:
        raise seal_broken()
    return place(
        keys.contacts,
        keys.drafts,
        keys.certifier.signing,
        keys.answers_private,
        keys.record_private,
        keys.identity,
        b"".join(keys.former_indexes),
        b"".join(keys.former_drafts),
    )


def recovered_keys(
    secret: bytes,
    me: MemberKeys,
    seal: Seal,
    *,
    epoch: int,
    answers_public: bytes,
    record_public: bytes,
    recipient: str,
) -> StudyKeys:
    """Return the study's keys from what two trustees opened, for the new research lead with the keys ``me``.

    Nobody signed the blob, so each key is compared with what is known of it: with the seal's pin, and with the public
    keys in the study's row; raises `SealBroken`. The contacts' key proves itself by the first contact that it opens.
    """
    contacts, drafts, certifying, answers_private, record_private, identity, former, *rest = _parts(secret)
    kept = KeptKeys(answers_private, record_private)
    if key_fingerprint(CertifyingKey(certifying).signing_public()) != seal.signer_fingerprint:
        raise seal_broken()
    if _publics(kept) != (answers_public, record_public) or recipient_of(identity.decode()) != recipient:
        raise seal_broken()
    return StudyKeys(
        study_id=seal.study_id,
        epoch=epoch,
        contacts=contacts,
        drafts=drafts,
        index=derive(contacts, "index"),
        answers_public=answers_public,
        record_public=record_public,
        me=me,
        answers_private=answers_private,
        record_private=record_private,
        identity=identity.decode(),
        certifying=certifying,
        former_indexes=tuple(_in_keys(former)),
        former_drafts=tuple(_in_keys(rest[0])) if rest else (drafts,) * len(_in_keys(former)),
    )


def _parts(secret: bytes) -> list[bytes]:
    """Return the eight parts of a recovery secret, or the seven of before K_drafts was renewed, too."""
    try:
        return parts_of(secret, 8)
    except SealBroken:
        return parts_of(secret, 7)


def open_kept(kept: bytes, record: MemberRecord, answers: bytes) -> KeptKeys:
    """Open what outlives the purge with the key from `people.unlock_answers`; raises `SealBroken`."""
    both = unwrap_answers_key(kept, answers, record.study_id, record.member_id, _KEPT)
    return KeptKeys(both[:KEY_LENGTH], both[KEY_LENGTH:])


def _publics(kept: KeptKeys) -> tuple[bytes, bytes]:
    return (
        X25519PrivateKey.from_private_bytes(kept.answers_private).public_key().public_bytes_raw(),
        Ed25519PrivateKey.from_private_bytes(kept.record_private).public_key().public_bytes_raw(),
    )
