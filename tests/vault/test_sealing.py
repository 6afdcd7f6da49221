"""Sealed bytes open in their own place under their own key only, in the format of FORMATS.md."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cati.vault.sealing import (
    SealBroken,
    blind_index,
    blind_indexer,
    derive,
    new_key,
    open_sealed,
    pad,
    place,
    seal,
    unpad,
)

KEY = bytes(range(32))


def test_what_is_sealed_opens_again_and_no_two_sealings_are_alike():
    first, second = seal(KEY, b"Frau Beispiel", "study", "row"), seal(KEY, b"Frau Beispiel", "study", "row")
    assert first != second
    assert open_sealed(KEY, first, "study", "row") == b"Frau Beispiel"
    assert len(first) == len(b"Frau Beispiel") + 29


def test_of_32_places_only_the_right_one_opens():
    places = list(itertools.product(("s1", "s2"), ("contact", "draft"), ("r1", "r2"), ("name", "phone"), ("1", "2")))
    assert len(places) == 32
    for here in places:
        sealed = seal(KEY, b"x", *here)
        opened = []
        for there in places:
            try:
                open_sealed(KEY, sealed, *there)
            except SealBroken:
                continue
            opened.append(there)
        assert opened == [here]


def test_parts_of_a_place_are_not_just_joined():
    assert place("ab", "c") != place("a", "bc")
    with pytest.raises(SealBroken):
        open_sealed(KEY, seal(KEY, b"x", "ab", "c"), "a", "bc")
    with pytest.raises(SealBroken):
        open_sealed(KEY, seal(KEY, b"x", "ab", ""), "ab")


def test_every_flipped_bit_is_refused(flips):
    sealed = seal(KEY, b"0391 5550123", "study")
    for altered in flips(sealed, count=10_000):
        with pytest.raises(SealBroken):
            open_sealed(KEY, altered, "study")


def test_every_shorter_or_longer_piece_is_refused():
    sealed = seal(KEY, b"0391 5550123", "study")
    for piece in (*(sealed[:length] for length in range(len(sealed))), sealed + b"\0", b"\0" + sealed):
        with pytest.raises(SealBroken):
            open_sealed(KEY, piece, "study")


def test_another_key_does_not_open():
    with pytest.raises(SealBroken):
        open_sealed(new_key(), seal(KEY, b"x"))


@settings(max_examples=60)
@given(st.binary(max_size=300), st.lists(st.text(max_size=9), max_size=4))
def test_any_bytes_in_any_place_come_back(plain, context):
    assert open_sealed(KEY, seal(KEY, plain, *context), *context) == plain


@settings(max_examples=60)
@given(st.binary(max_size=9000))
def test_padding_hides_the_length_and_comes_off(plain):
    padded = pad(plain)
    assert len(padded) % 4096 == 0
    assert unpad(padded) == plain


@pytest.mark.parametrize(
    "frame", [b"", b"\0" * 3, (4093).to_bytes(4, "big") + b"x" * 4092, b"\0\0\0\1xy" + bytes(4090)]
)
def test_a_frame_that_is_not_ours_is_refused(frame):
    with pytest.raises(SealBroken):
        unpad(frame)


def test_vectors_of_formats_md():
    assert derive(KEY, "index").hex() == "68bcc6d70ab96303dcfd613332635f2b467fd03358ebe192585f7d9a453eed42"
    assert blind_index(KEY, "+493915550123").hex() == "407e93294095ffbdc50ca4cd15189da30fe2a66b7e60c8f5a29b32938c75f72b"


def test_the_index_of_many_numbers_is_that_of_each() -> None:
    many = blind_indexer(KEY)
    for number in ("+493915550123", "+493023125001", "+493915550123", ""):
        assert many(number) == blind_index(KEY, number)
    assert blind_indexer(bytes(32))("+493915550123") != many("+493915550123")
    sealed = bytes.fromhex("11000102030405060708090a0b2463a2728ebbfeb635ed120573bd000d16a8b8bf")
    assert open_sealed(KEY, sealed, "study", "row") == b"cati"
    assert place("ab", "c").hex() == "00000002616200000001" + "63"


def test_the_problem_names_nobody():
    with pytest.raises(SealBroken) as caught:
        open_sealed(KEY, seal(KEY, b"Frau Beispiel", "study"), "elsewhere")
    assert "Beispiel" not in str(caught.value)
    assert caught.value.__cause__ is None
