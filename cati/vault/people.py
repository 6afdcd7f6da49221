"""The keys of one member of staff, opened by password and seal together."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from cati.errors import Problem
from cati.text import tr
from cati.vault.answers import new_answers_pair
from cati.vault.passwords import password_faults
from cati.vault.seal_file import Seal
from cati.vault.sealing import KEY_LENGTH, MEMBER, SealBroken, new_key, open_sealed, place, seal, seal_broken

_SALT_LENGTH = 16
# No record may ask for more than this: whoever can write the database could otherwise stop every workstation.
_MOST_PASSES, _MOST_MEMORY_KIB, _MOST_LANES = 16, 2 * 1024 * 1024, 16


@dataclass(frozen=True, slots=True)
class ArgonCost:
    """What one guess of a password costs: passes, memory in KiB, lanes. Kept with each member, never lowered."""

    passes: int
    memory_kib: int
    lanes: int


STANDARD = ArgonCost(passes=3, memory_kib=256 * 1024, lanes=4)


def is_bearable(cost: ArgonCost) -> bool:
    """Tell whether a cost that was read somewhere is one that a workstation can pay."""
    memory = 8 * cost.lanes <= cost.memory_kib <= _MOST_MEMORY_KIB
    return 0 < cost.passes <= _MOST_PASSES and memory and 0 < cost.lanes <= _MOST_LANES


class WrongPassword(Problem):
    """The password does not open this member's keys."""


@dataclass(frozen=True, slots=True)
class MemberRecord:
    """What the database keeps of a member's keys: public ones in clear, private ones sealed.

    ``sealed_answers`` exists for research leads only: their answers key under the password alone, so that released
    answers can be read when the seal is gone.
    """

    member_id: str
    study_id: str
    encryption_public: bytes
    signing_public: bytes
    answers_public: bytes | None
    cost: ArgonCost
    salt: bytes
    sealed_keys: bytes
    answers_salt: bytes
    sealed_answers: bytes | None

    def to_bytes(self) -> bytes:
        """Return the record for one column: version byte and JSON."""
        return MEMBER + json.dumps(
            {
                "member": self.member_id,
                "study": self.study_id,
                "encryption": self.encryption_public.hex(),
                "signing": self.signing_public.hex(),
                "answers": _hex(self.answers_public),
                "cost": [self.cost.passes, self.cost.memory_kib, self.cost.lanes],
                "salt": self.salt.hex(),
                "keys": self.sealed_keys.hex(),
                "answers_salt": self.answers_salt.hex(),
                "answers_key": _hex(self.sealed_answers),
            },
            separators=(",", ":"),
        ).encode("ascii")


@dataclass(frozen=True, slots=True)
class MemberKeys:
    """A member's private keys while signed in: X25519, Ed25519 and, for research leads, the answers key (X25519)."""

    member_id: str
    encryption: bytes = field(repr=False)
    signing: bytes = field(repr=False)
    answers: bytes | None = field(repr=False, default=None)

    def signing_public(self) -> bytes:
        """Return the public half of the signing key."""
        return Ed25519PrivateKey.from_private_bytes(self.signing).public_key().public_bytes_raw()


def member_record_from_bytes(data: bytes) -> MemberRecord:
    """Return the record from its column; raises `SealBroken` when it is not one, to the byte."""
    if data[:1] != MEMBER:
        raise seal_broken()
    try:
        read = json.loads(data[1:])
        passes, memory, lanes = (int(part) for part in read["cost"])
        record = MemberRecord(
            member_id=str(read["member"]),
            study_id=str(read["study"]),
            encryption_public=bytes.fromhex(read["encryption"]),
            signing_public=bytes.fromhex(read["signing"]),
            answers_public=_bytes(read["answers"]),
            cost=ArgonCost(passes, memory, lanes),
            salt=bytes.fromhex(read["salt"]),
            sealed_keys=bytes.fromhex(read["keys"]),
            answers_salt=bytes.fromhex(read["answers_salt"]),
            sealed_answers=_bytes(read["answers_key"]),
        )
    except (ValueError, KeyError, TypeError, RecursionError):
        raise seal_broken() from None
    if not is_bearable(record.cost) or record.to_bytes() != data:
        raise seal_broken()
    return record


def make_member(
    member_id: str,
    login: str,
    password: str,
    seal_: Seal,
    *,
    reads_answers: bool = False,
    names: Sequence[str] = (),
    cost: ArgonCost = STANDARD,
) -> tuple[MemberRecord, MemberKeys]:
    """Make a member's keys and seal them; takes half a second and 256 MiB at `STANDARD` (a research lead's: twice).

    ``reads_answers`` is for research leads. Raises Problem when `password_faults` finds one.
    """
    _refuse_weak(password, login, names)
    encryption, encryption_public = new_answers_pair()
    signing = Ed25519PrivateKey.generate()
    answers, answers_public = new_answers_pair() if reads_answers else (None, None)
    keys = MemberKeys(member_id, encryption, signing.private_bytes_raw(), answers)
    record = MemberRecord(
        member_id=member_id,
        study_id=seal_.study_id,
        encryption_public=encryption_public,
        signing_public=signing.public_key().public_bytes_raw(),
        answers_public=answers_public,
        cost=cost,
        salt=b"",
        sealed_keys=b"",
        answers_salt=b"",
        sealed_answers=None,
    )
    return _seal_keys(record, keys, password, seal_, cost), keys


def unlock_member(record: MemberRecord, password: str, seal_: Seal) -> MemberKeys:
    """Open a member's keys (half a second; call it off the window's thread).

    Raises `WrongPassword`; Problem when the seal is another study's; `SealBroken` when the record's public keys are
    not those of the private ones (somebody put others in their place).
    """
    if record.study_id != seal_.study_id:
        raise Problem(
            tr("Seal"), tr("This seal belongs to another study."), tr("Use the seal that was made with this study.")
        )
    if len(record.salt) != _SALT_LENGTH:  # after the purge, or damaged
        raise seal_broken()
    opening = _stretch(password, record.salt, record.cost, _where(record, "keys"), secret=seal_.secret)
    try:
        plain = open_sealed(opening, record.sealed_keys, *_where(record, "keys"))
    except SealBroken:
        raise wrong_password() from None
    parts = [plain[at : at + KEY_LENGTH] for at in range(0, len(plain), KEY_LENGTH)]
    keys = MemberKeys(record.member_id, parts[0], parts[1], parts[2] if len(parts) > 2 else None)  # noqa: PLR2004 - leads have a third
    if _publics(keys) != (record.encryption_public, record.signing_public, record.answers_public):
        raise seal_broken()
    return keys


def pretend_to_unlock(record: MemberRecord, password: str) -> None:
    """Take the time that `unlock_member` takes: whoever has no login must not be told so by the clock."""
    _stretch(password, new_key()[:_SALT_LENGTH], record.cost, _where(record, "keys"), secret=new_key())


def unlock_answers(record: MemberRecord, password: str) -> bytes:
    """Open a research lead's own answers key by the password alone, when the seal is gone; raises `WrongPassword`."""
    if record.sealed_answers is None:
        raise Problem(
            tr("Answers"),
            tr("This member of staff was never given the answers."),
            tr("Sign in as a research lead."),
        )
    if len(record.answers_salt) != _SALT_LENGTH:
        raise seal_broken()
    opening = _stretch(password, record.answers_salt, record.cost, _where(record, "answers"), secret=None)
    try:
        return open_sealed(opening, record.sealed_answers, *_where(record, "answers"))
    except SealBroken:
        raise wrong_password() from None


def change_password(
    record: MemberRecord,
    old: str,
    new: str,
    login: str,
    seal_: Seal,
    *,
    names: Sequence[str] = (),
    cost: ArgonCost = STANDARD,
) -> MemberRecord:
    """Return the record under a new password; keys, grants and certificate stay. Raises as its two parts do."""
    keys = unlock_member(record, old, seal_)
    _refuse_weak(new, login, names)
    return _seal_keys(record, keys, new, seal_, cost)


def without_sealed_keys(record: MemberRecord) -> MemberRecord:
    """Return what the purge may leave of a research lead's record: only what `unlock_answers` needs."""
    return replace(record, salt=b"", sealed_keys=b"")


def _seal_keys(record: MemberRecord, keys: MemberKeys, password: str, seal_: Seal, cost: ArgonCost) -> MemberRecord:
    """Return the record with the private keys sealed under fresh salts."""
    salt, answers_salt = new_key()[:_SALT_LENGTH], new_key()[:_SALT_LENGTH]
    plain = keys.encryption + keys.signing + (keys.answers or b"")
    under_seal = _stretch(password, salt, cost, _where(record, "keys"), secret=seal_.secret)
    sealed_answers = None
    if keys.answers is not None:
        alone = _stretch(password, answers_salt, cost, _where(record, "answers"), secret=None)
        sealed_answers = seal(alone, keys.answers, *_where(record, "answers"))
    return replace(
        record,
        cost=cost,
        salt=salt,
        sealed_keys=seal(under_seal, plain, *_where(record, "keys")),
        answers_salt=answers_salt,
        sealed_answers=sealed_answers,
    )


def _stretch(password: str, salt: bytes, cost: ArgonCost, where: tuple[str, ...], *, secret: bytes | None) -> bytes:
    """Return Argon2id of the password (NFKC, UTF-8), bound to member and purpose, with the seal as its secret input."""
    return Argon2id(
        salt=salt,
        length=KEY_LENGTH,
        iterations=cost.passes,
        lanes=cost.lanes,
        memory_cost=cost.memory_kib,
        ad=place(*where),
        secret=secret,
    ).derive(unicodedata.normalize("NFKC", password).encode())


def _where(record: MemberRecord, purpose: str) -> tuple[str, str, str, str]:
    return record.study_id, "member", record.member_id, purpose


def _publics(keys: MemberKeys) -> tuple[bytes, bytes, bytes | None]:
    """Return the public halves of a member's keys."""
    return _x25519(keys.encryption), keys.signing_public(), None if keys.answers is None else _x25519(keys.answers)


def _x25519(private: bytes) -> bytes:
    return X25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw()


def _refuse_weak(password: str, login: str, names: Sequence[str]) -> None:
    faults = password_faults(password, login, names)
    if faults:
        raise Problem(tr("Password"), " ".join(faults), tr("Take four words that have nothing to do with each other."))


def wrong_password() -> WrongPassword:
    """Return the Problem for a password that opens nothing."""
    return WrongPassword(tr("Sign-in"), tr("The password is not right."), tr("Type it again."))


def _hex(data: bytes | None) -> str | None:
    return None if data is None else data.hex()


def _bytes(text: str | None) -> bytes | None:
    return None if text is None else bytes.fromhex(text)
