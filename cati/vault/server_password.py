"""The password of a member's role on a server, derived from their own: the server never gets that one."""

from __future__ import annotations

import base64
import hashlib
import secrets
import unicodedata

from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from cati.vault.people import ArgonCost, is_bearable
from cati.vault.sealing import KEY_LENGTH, SERVER_PASSWORD, derive, place

LEAST = ArgonCost(passes=3, memory_kib=64 * 1024, lanes=1)
"""No link file may ask for less: whoever could hand one out would get a password that is quickly guessed at."""

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_GROUPS, _GROUP = 5, 4


def folded(login: str) -> str:
    """Return a login as roles and salts know it: without blanks around it, NFC, in lower case."""
    return unicodedata.normalize("NFC", login.strip()).lower()


def server_password(password: str, study_id: str, login: str, cost: ArgonCost) -> str:
    """Return the role's password (FORMATS.md, `52`): 44 characters. Half a second and 256 MiB at the standard cost."""
    where = place(study_id, "server", folded(login))
    stretched = Argon2id(
        salt=hashlib.sha256(where).digest(),
        length=KEY_LENGTH,
        iterations=cost.passes,
        lanes=cost.lanes,
        memory_cost=cost.memory_kib,
        ad=where,
    ).derive(unicodedata.normalize("NFKC", password).encode())
    return base64.urlsafe_b64encode(SERVER_PASSWORD + derive(stretched, "server password")).decode("ascii")


def enough(cost: ArgonCost) -> bool:
    """Tell whether a cost is neither so low that guessing is cheap nor so high that a workstation would stand still."""
    low = cost.passes < LEAST.passes or cost.memory_kib < LEAST.memory_kib or cost.lanes < LEAST.lanes
    return is_bearable(cost) and not low


def new_start_password() -> str:
    """Return 100 random bits to type once: five groups of four, without letters that look alike."""
    groups = ("".join(secrets.choice(_ALPHABET) for _ in range(_GROUP)) for _ in range(_GROUPS))
    return "-".join(groups)


def typed_start_password(typed: str) -> str:
    """Return a start password as it was printed, however it was typed: case, blanks, and O for 0, I and L for 1.

    One that a research lead made up, in words, is returned as it is.
    """
    bare = "".join(typed.split()).replace("-", "").lower().translate(str.maketrans("oil", "011"))
    if len(bare) != _GROUPS * _GROUP or not set(bare) <= set(_ALPHABET):
        return typed
    return "-".join(bare[at : at + _GROUP] for at in range(0, len(bare), _GROUP))
