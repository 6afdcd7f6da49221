"""An erasure record is checked with nothing but itself and the printed key."""

from __future__ import annotations

import json

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from cati.vault.erasure import canonical_json, sign_record, verify_record

PRIVATE = bytes(range(32))
PUBLIC = Ed25519PrivateKey.from_private_bytes(PRIVATE).public_key().public_bytes_raw()
RECORD = {"study": "5d" * 16, "contacts": {"imported": 200, "left": 0}, "stations": ["Büro 1"], "complete": True}


def test_a_record_is_verified_against_the_printed_key():
    verdict = verify_record(sign_record(RECORD, PRIVATE), PUBLIC)
    assert (verdict.ok, verdict.record, verdict.public_key) == (True, RECORD, PUBLIC)


def test_without_the_printed_key_it_says_what_to_compare():
    verdict = verify_record(sign_record(RECORD, PRIVATE))
    assert verdict.ok
    assert "Compare the public key" in verdict.why


def test_a_record_signed_by_somebody_else_is_refused():
    verdict = verify_record(sign_record(RECORD, b"q" * 32), PUBLIC)
    assert (verdict.ok, verdict.record) == (False, {})
    assert "another key" in verdict.why


def test_every_flipped_bit_is_refused(flips):
    content = sign_record(RECORD, PRIVATE)
    for altered in flips(content, 10_000):
        assert not verify_record(altered, PUBLIC).ok
        assert not verify_record(altered).ok


def test_an_altered_number_is_refused_and_line_ends_of_other_systems_are_not():
    content = sign_record(RECORD, PRIVATE)
    assert not verify_record(content.replace(b'"left": 0', b'"left": 1'), PUBLIC).ok
    assert verify_record(b"\xef\xbb\xbf" + content.replace(b"\n", b"\r\n"), PUBLIC).ok
    assert verify_record(content.rstrip(b"\n"), PUBLIC).ok


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}",
        b"[]",
        b"null",
        b"\xff\xfe",
        b"{" * 5000,
        b"[" * 100_000,
        b'{"record": 1}',
        sign_record({}, PRIVATE)[:-40],
    ],
)
def test_rubbish_is_refused_without_an_error(content):
    assert not verify_record(content, PUBLIC).ok


def test_doubled_keys_and_foreign_fields_are_refused():
    content = sign_record(RECORD, PRIVATE).decode()
    doubled = content.replace('"complete": true', '"complete": false,\n  "complete": true')
    assert not verify_record(doubled.encode(), PUBLIC).ok
    added = json.loads(content) | {"note": "all fine"}
    assert not verify_record(json.dumps(added, indent=1, sort_keys=True).encode(), PUBLIC).ok


def test_canonical_json_is_one_and_exact():
    assert canonical_json({"b": [1, True, None], "a": "ä\n"}) == '{"a":"ä\\n","b":[1,true,null]}'.encode()
    for inexact in (0.5, float("nan"), {"a": [1.0]}, 2**60, {1: "a"}):
        with pytest.raises(ValueError, match=r"exact|text"):
            canonical_json(inexact)


_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.text(st.characters(exclude_categories=("Cs",)), max_size=20),
    lambda part: (
        st.lists(part, max_size=4)
        | st.dictionaries(st.text(st.characters(exclude_categories=("Cs",)), max_size=8), part, max_size=4)
    ),
    max_leaves=12,
)


@settings(max_examples=60)
@given(st.dictionaries(st.text(st.characters(exclude_categories=("Cs",)), max_size=8), _values, max_size=5))
def test_any_record_comes_back_verified(record):
    verdict = verify_record(sign_record(record, PRIVATE), PUBLIC)
    assert verdict.ok
    assert verdict.record == record


def test_vector_of_formats_md():
    signature = json.loads(sign_record({"a": 1}, PRIVATE))["signature"]
    assert signature == (
        "380420617c9011927aab5c30d77a87f9614d1141e4180e38153df2ddef68a485"
        "6a75326a205c5473865e08d71aa7111d92de34141891a1a2c373e3fef6299802"
    )
