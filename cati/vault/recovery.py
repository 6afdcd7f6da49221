"""Two of three trustees together open a study's keys when nobody else can; one alone never, nor without the seal."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations

from cati.vault.answers import hpke_open, hpke_seal
from cati.vault.seal_file import Seal
from cati.vault.sealing import RECOVERY, open_sealed, seal

TRUSTEES = 3


def recovery_wraps(
    secret: bytes, trustees: Mapping[str, bytes], seal_: Seal, *, epoch: int
) -> dict[tuple[str, str], bytes]:
    """Return one blob for each pair of the three trustees (member id to X25519 public key, certified).

    The pairs are in the order of the ids. No library for sharing secrets: one that was tried returned a wrong secret
    for a damaged share without a word.
    """
    if len(trustees) != TRUSTEES:
        message = "recovery needs three trustees"
        raise ValueError(message)
    wraps = {}
    for pair in combinations(sorted(trustees), 2):
        where = _where(seal_, pair, epoch)
        wrapped = seal(seal_.key("recovery"), secret, *where)
        for trustee in reversed(pair):
            wrapped = hpke_seal(trustees[trustee], wrapped, RECOVERY, *where, trustee)
        wraps[pair] = wrapped
    return wraps


def recover(wrapped: bytes, trustees: Mapping[str, bytes], seal_: Seal, *, epoch: int) -> bytes:
    """Return the secret from the blob of two trustees (member id to X25519 private key); raises `SealBroken`.

    Nobody signs the blob: whoever uses the secret must see that it opens what it should.
    """
    if len(trustees) != 2:  # noqa: PLR2004 - a pair
        message = "two trustees recover together"
        raise ValueError(message)
    first, second = sorted(trustees)
    where = _where(seal_, (first, second), epoch)
    for trustee in (first, second):
        wrapped = hpke_open(trustees[trustee], wrapped, RECOVERY, *where, trustee)
    return open_sealed(seal_.key("recovery"), wrapped, *where)


def _where(seal_: Seal, pair: tuple[str, str], epoch: int) -> tuple[str, ...]:
    return seal_.study_id, "recovery", *pair, str(epoch)
