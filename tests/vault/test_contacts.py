"""A contact opens in its own row only, and goes for good with its data key."""

from __future__ import annotations

import itertools

import pytest

from cati.vault.contacts import forget_keys, open_contact, seal_contact
from cati.vault.sealing import SealBroken, new_key

KEY = bytes(range(32))


def test_a_contact_comes_back():
    sealed = seal_contact(KEY, "s", "c1", b"Frau Beispiel")
    assert open_contact(KEY, "s", "c1", *sealed) == b"Frau Beispiel"
    forget_keys()
    assert open_contact(KEY, "s", "c1", *sealed) == b"Frau Beispiel"


def test_of_32_rows_only_the_right_one_opens():
    rows = list(itertools.product(("s1", "s2"), ("c1", "c2", "c3", "c4"), (1, 2, 3, 4)))
    sealed = {row: seal_contact(KEY, row[0], row[1], repr(row).encode(), epoch=row[2]) for row in rows}
    assert len(rows) == 32
    for here, there in itertools.product(rows, rows):
        if here == there:
            assert open_contact(KEY, here[0], here[1], *sealed[here], epoch=here[2]) == repr(here).encode()
        else:
            with pytest.raises(SealBroken):
                open_contact(KEY, there[0], there[1], *sealed[here], epoch=there[2])


def test_swapped_details_or_keys_of_two_rows_are_refused():
    one, two = seal_contact(KEY, "s", "c1", b"one"), seal_contact(KEY, "s", "c2", b"two")
    for key, details in ((one[0], two[1]), (two[0], one[1]), (two[0], two[1]), (one[1], one[0])):
        with pytest.raises(SealBroken):
            open_contact(KEY, "s", "c1", key, details)


def test_details_of_the_same_row_sealed_again_need_their_own_key():
    old, new = seal_contact(KEY, "s", "c1", b"old"), seal_contact(KEY, "s", "c1", b"new")
    with pytest.raises(SealBroken):
        open_contact(KEY, "s", "c1", new[0], old[1])


def test_every_flipped_bit_is_refused(flips):
    key, details = seal_contact(KEY, "s", "c1", b"0391 5550123")
    for altered in flips(key, count=10_000):
        with pytest.raises(SealBroken):
            open_contact(KEY, "s", "c1", altered, details)
    for altered in flips(details, count=10_000):
        with pytest.raises(SealBroken):
            open_contact(KEY, "s", "c1", key, altered)


def test_pieces_and_other_keys_are_refused():
    key, details = seal_contact(KEY, "s", "c1", b"x")
    for cut in range(len(key)):
        with pytest.raises(SealBroken):
            open_contact(KEY, "s", "c1", key[:cut], details)
    for cut in range(len(details)):
        with pytest.raises(SealBroken):
            open_contact(KEY, "s", "c1", key, details[:cut])
    with pytest.raises(SealBroken):
        open_contact(new_key(), "s", "c1", key, details)


def test_vector_of_formats_md():
    key = bytes.fromhex(
        "21000102030405060708090a0b6723f438e1c0e43ca568bda09dc45642b3e7b507c44e694b005edfbe21543e8dd4e336ed77cfc6f9eb33722af82e0de3"
    )
    details = bytes.fromhex("220c0d0e0f1011121314151617815b3a5c14cbdd2bf93b82a6dd7886661b95eb68")
    assert open_contact(KEY, "s", "c1", key, details) == b"cati"
