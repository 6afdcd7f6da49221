"""Finished interviews are sealed by everybody and read by the holder of the private key only."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from cati.vault.answers import new_answers_pair, open_answers, seal_answers, unwrap_answers_key, wrap_answers_key
from cati.vault.sealing import SealBroken


def test_an_interview_comes_back_and_its_length_does_not_show():
    private, public = new_answers_pair()
    short, long = seal_answers(public, b"{}"), seal_answers(public, b"x" * 4000)
    assert len(short) == len(long) == 1 + 32 + 4096 + 16
    assert (open_answers(private, short), open_answers(private, long)) == (b"{}", b"x" * 4000)


def test_the_public_key_does_not_open_nor_does_another_private_one():
    _private, public = new_answers_pair()
    sealed = seal_answers(public, b"{}")
    for wrong in (public, new_answers_pair()[0]):
        with pytest.raises(SealBroken):
            open_answers(wrong, sealed)


def test_flipped_bits_and_pieces_are_refused(flips):
    private, public = new_answers_pair()
    sealed = seal_answers(public, b"{}")
    for altered in (*flips(sealed, 150), *flips(sealed, 300, 0, 34), sealed[:-1], sealed + b"\0", b"", sealed[:20]):
        with pytest.raises(SealBroken):
            open_answers(private, altered)


def test_a_wrapped_key_belongs_to_one_member_and_one_purpose(flips):
    private, public = new_answers_pair()
    wrapped = wrap_answers_key(b"k" * 32, public, "s", "m1", "answers")
    assert unwrap_answers_key(wrapped, private, "s", "m1", "answers") == b"k" * 32
    for place in (("s", "m2", "answers"), ("t", "m1", "answers"), ("s", "m1", "record"), ("s", "m1")):
        with pytest.raises(SealBroken):
            unwrap_answers_key(wrapped, private, *place)
    for altered in flips(wrapped, 10_000):
        # Bit 255 of an X25519 public key is ignored by the curve, but HPKE binds the encapsulated key as it was sent.
        with pytest.raises(SealBroken):
            unwrap_answers_key(altered, private, "s", "m1", "answers")


def test_the_format_is_plain_hpke_as_formats_md_says():
    private = bytes(range(32))
    key = X25519PrivateKey.from_private_bytes(private)
    suite = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
    framed = (b"\0\0\0\4" + b"cati").ljust(4096, b"\0")
    sealed = b"\x31" + suite.encrypt(framed, key.public_key(), info=b"\x31\0\0\0\7answers")
    assert open_answers(private, sealed) == b"cati"


def test_vector_of_formats_md():
    private = bytes(range(32))
    wrapped = bytes.fromhex(
        "32b828d83b016aeaaaaa55ddb69de91af145baf60c17c5360382634b57cefd87616ae781ccd49827f533580fdf8248a5a0cf8deb17"
    )
    assert unwrap_answers_key(wrapped, private, "s", "m", "p") == b"cati"
