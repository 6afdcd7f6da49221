"""The order that ends a study everywhere, and a workstation's word: only whole, only of who may."""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from cati.vault.ending import check_order, read_report, sign_order, sign_report

STUDY, AT = "ab" * 16, "2027-09-30T10:00:00Z"
KEYS = {who: Ed25519PrivateKey.from_private_bytes(bytes([n]) * 32) for n, who in enumerate(("lead", "second", "third"))}
PRIVATE = {who: key.private_bytes_raw() for who, key in KEYS.items()}
PUBLIC = {who: key.public_key().public_bytes_raw() for who, key in KEYS.items()}
TWO = {who: PRIVATE[who] for who in ("lead", "second")}


def test_an_order_counts_when_two_certified_people_signed_it() -> None:
    order = sign_order(STUDY, AT, TWO).to_json()
    assert check_order(order, STUDY, PUBLIC)
    assert not check_order(order, "cd" * 16, PUBLIC)
    assert not check_order(order | {"at": "2027-10-01T10:00:00Z"}, STUDY, PUBLIC)
    assert not check_order(order, STUDY, {"lead": PUBLIC["lead"], "second": PUBLIC["third"]})
    assert not check_order(order, STUDY, {"lead": PUBLIC["lead"]})
    for signing in ({"lead": PRIVATE["lead"]}, PRIVATE, {}):
        assert not check_order(sign_order(STUDY, AT, signing).to_json(), STUDY, PUBLIC)
    changed = order | {"signatures": {**order["signatures"], "second": order["signatures"]["lead"]}}
    assert not check_order(changed, STUDY, PUBLIC)
    for nonsense in (None, [], {}, {"at": AT}, {"at": AT, "signatures": None}, {"at": 1, "signatures": {"lead": "zz"}}):
        assert not check_order(nonsense, STUDY, PUBLIC)


def test_a_word_is_signed_by_who_it_says_for_one_workstation() -> None:
    said = {"at": AT, "by": "second", "gone": True}
    word = sign_report(STUDY, "one", said, PRIVATE["second"])
    assert read_report(word, STUDY, "one", PUBLIC) == {**said, "signed": True}
    for study, station, known in (
        (STUDY, "another", PUBLIC),
        ("cd" * 16, "one", PUBLIC),
        (STUDY, "one", {"second": PUBLIC["lead"]}),
        (STUDY, "one", {}),
    ):
        assert read_report(word, study, station, known) == {**said, "signed": False}
    altered = word.replace(b"true", b"false")
    assert not read_report(altered, STUDY, "one", PUBLIC)["signed"]
    unsigned = sign_report(STUDY, "one", {**said, "by": ""}, None)
    assert read_report(unsigned, STUDY, "one", PUBLIC) == {**said, "by": "", "signed": False}
    for nonsense in (None, b"", b"[]", b"{}", b"\xff", b"7"):
        assert read_report(nonsense, STUDY, "one", PUBLIC) == {}
