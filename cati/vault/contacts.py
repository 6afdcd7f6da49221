"""Seals each contact under a data key of its own, so that one can be erased alone and all can be erased at once."""

from __future__ import annotations

import os
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from cati.vault.sealing import CONTACT_DETAILS, CONTACT_KEY, KEY_LENGTH, NONCE_LENGTH, place, seal_broken

_TABLE = "contact"
_START = 1 + NONCE_LENGTH

# Setting up the cipher costs more than using it; two are enough while a study is handed to a new epoch.
_cipher = lru_cache(maxsize=2)(AESGCM)


@lru_cache(maxsize=2)
def _in_table(study: str) -> bytes:
    return place(study, _TABLE)


def seal_contact(k_contacts: bytes, study: str, case_id: str, plain: bytes, *, epoch: int = 1) -> tuple[bytes, bytes]:
    """Return (data key sealed under ``k_contacts``, ``plain`` sealed under that data key).

    Both are bound to study, case and key epoch; delete the first and the second is gone for good.
    """
    drawn = os.urandom(KEY_LENGTH + 2 * NONCE_LENGTH)
    data_key, first, second = drawn[:KEY_LENGTH], drawn[KEY_LENGTH:-NONCE_LENGTH], drawn[-NONCE_LENGTH:]
    row = _in_table(study) + place(case_id, str(epoch))  # place(study, table, case, epoch): lengths come before parts
    sealed_key = _cipher(k_contacts).encrypt(first, data_key, CONTACT_KEY + row)
    details = AESGCM(data_key).encrypt(second, plain, CONTACT_DETAILS + row)
    return CONTACT_KEY + first + sealed_key, CONTACT_DETAILS + second + details


def open_contact(
    k_contacts: bytes, study: str, case_id: str, sealed_key: bytes, sealed_details: bytes, *, epoch: int = 1
) -> bytes:
    """Return what `seal_contact` was given; raises `SealBroken` when anything was altered or belongs to another row."""
    if sealed_key[:1] != CONTACT_KEY or sealed_details[:1] != CONTACT_DETAILS:
        raise seal_broken()
    row = _in_table(study) + place(case_id, str(epoch))
    try:
        data_key = _cipher(k_contacts).decrypt(sealed_key[1:_START], sealed_key[_START:], CONTACT_KEY + row)
        return AESGCM(data_key).decrypt(sealed_details[1:_START], sealed_details[_START:], CONTACT_DETAILS + row)
    except (InvalidTag, ValueError):  # ValueError: cut so short that there is no nonce
        raise seal_broken() from None


def forget_keys() -> None:
    """Drop the ciphers kept for speed; to be called when a study is closed or purged."""
    _cipher.cache_clear()
