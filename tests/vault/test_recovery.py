"""Any two of three trustees recover the keys, each pair alike; one alone, or two without the seal, recover nothing."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations, permutations

import pytest

from cati.vault.answers import new_answers_pair
from cati.vault.recovery import recover, recovery_wraps
from cati.vault.seal_file import new_seal
from cati.vault.sealing import SealBroken

SECRET = b"k" * 64


@pytest.fixture(scope="module")
def trustees() -> dict[str, tuple[bytes, bytes]]:
    return {name: new_answers_pair() for name in ("data protection", "it", "lead")}


@pytest.fixture(scope="module")
def wraps(trustees, staffed):
    return recovery_wraps(SECRET, {name: pair[1] for name, pair in trustees.items()}, staffed.seal, epoch=1)


def _keys(trustees, *names):
    return {name: trustees[name][0] for name in names}


def test_every_pair_recovers(trustees, wraps, staffed):
    assert set(wraps) == set(combinations(sorted(trustees), 2))
    for one, two in permutations(trustees, 2):
        pair = tuple(sorted((one, two)))
        assert recover(wraps[pair], _keys(trustees, one, two), staffed.seal, epoch=1) == SECRET


def test_no_single_trustee_recovers_in_whatever_role(trustees, wraps, staffed):
    for name in trustees:
        key = trustees[name][0]
        for pair, wrapped in wraps.items():
            with pytest.raises(SealBroken):
                recover(wrapped, dict.fromkeys(pair, key), staffed.seal, epoch=1)
        with pytest.raises(ValueError, match="two trustees"):
            recover(next(iter(wraps.values())), {name: key}, staffed.seal, epoch=1)


def test_not_without_the_seal_and_not_for_another_epoch_study_or_pair(trustees, wraps, staffed):
    pair = next(iter(wraps))
    keys = _keys(trustees, *pair)
    for seal, epoch in (
        (new_seal(staffed.study), 1),
        (replace(staffed.seal, study_id="00" * 16), 1),
        (staffed.seal, 2),
    ):
        with pytest.raises(SealBroken):
            recover(wraps[pair], keys, seal, epoch=epoch)
    other = next(one for one in wraps if one != pair)
    with pytest.raises(SealBroken):
        recover(wraps[other], keys, staffed.seal, epoch=1)


def test_every_flipped_bit_is_refused(trustees, wraps, staffed, flips):
    pair = next(iter(wraps))
    keys = _keys(trustees, *pair)
    for altered in (*flips(wraps[pair], 300), wraps[pair][:-1], b""):
        with pytest.raises(SealBroken):
            recover(altered, keys, staffed.seal, epoch=1)


def test_there_are_three_trustees(staffed):
    with pytest.raises(ValueError, match="three"):
        recovery_wraps(SECRET, {"lead": new_answers_pair()[1]}, staffed.seal, epoch=1)
