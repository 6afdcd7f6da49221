"""Passwords that everybody tries first are refused, in German and English; good ones are not."""

from __future__ import annotations

import pytest

from cati.vault.passwords import password_faults

NAMES = ("Erika Müller", "Kreis Beispielow")


@pytest.mark.parametrize(
    "password",
    [
        "Passwort1234",
        "P@ssw0rt2026!",
        "passwortpasswort",
        "Sommer2026!!",
        "Winter-2025-Winter",
        "qwertzuiop123",
        "1q2w3e4r5t6z"[:11],
        "Qwertzuiop!1",
        "asdfghjklyxc",
        "123456789012",
        "000000000000",
        "abcabcabcabc",
        "aaaaaaaaaaaaaaaaaaaa",
        "Willkommen2026",
        "HalloHallo123",
        "ichliebedich!",
        "Bayern-München-1900",
        "Umfrage2026!!",
        "Landratsamt01",
        "geheimgeheim1",
        "Schatz+Schatz",
        "Administrator1",
        "letmein-letmein",
        "correct horse battery staple".replace(" ", ""),
        "kurz",
        "",
        "ErikaMueller-77-Wx",
        "muller ist gut 99",
        "tel07-Ofenrohr-Giebel",
        "Wolke Beispielow 77 x",
        "x" * 1001,
    ],
)
def test_bad_ones_are_refused(password):
    assert password_faults(password, "tel07", NAMES)


@pytest.mark.parametrize(
    "password",
    [
        "Ofenrohr Giebel 7 Lupine",
        "tangente quark drei moped",
        "kX9#vtLq2!mWz",
        "Grünkohl-Zange-Leuchtturm",
        "7yTr pLumbeck oq",
        "Sommerregen auf Wellblech",
        "correct donkey ladder thimble",
    ],
)
def test_good_ones_are_not(password):
    assert password_faults(password, "tel07", NAMES) == []


def test_each_fault_is_a_sentence_of_its_own():
    assert password_faults("tel07tel07", "tel07", ()) == [
        "The password is too short: it has 10 characters, and at least 12 are needed.",
        "The password contains the person’s name, the sign-in name or a name of the study.",
    ]
    assert password_faults("Passwort1234", "tel07", ()) == [
        "The password is made of words and rows of keys that everybody tries first."
    ]


def test_a_short_one_is_said_to_be_short_and_nothing_else():
    for password in ("kurz", "", "aaaa", "Mond 7"):
        (fault,) = password_faults(password, "tel07", NAMES)
        assert "too short" in fault
        assert "at least 12" in fault
    assert password_faults("abcabcabcabc", "tel07", ()) == ["The password is a few characters again and again."]


def test_short_parts_of_names_do_not_forbid_half_the_alphabet():
    assert password_faults("Ofenrohr Giebel 7 Lupine", "ab", ("Li Xu", "")) == []
