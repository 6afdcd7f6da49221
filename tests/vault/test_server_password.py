"""A role's password comes from the person's own as FORMATS.md says, and a start password can be typed from paper."""

from __future__ import annotations

import pytest

from cati.vault.people import STANDARD, ArgonCost
from cati.vault.server_password import LEAST, enough, folded, new_start_password, server_password, typed_start_password

STUDY = "00112233445566778899aabbccddeeff"

# Computed with the Argon2 reference implementation (through argon2-cffi) and HKDF by hand, without this code.
VECTORS = (
    ("gelber Kahn unter neun Birken", "anna", ArgonCost(1, 64, 1), "UsURyuhKGjF_tsfyumFtfzo29yyPBYdOE9XDOIaLAlHv"),
    ("größer als zwölf Bären", "jörg", ArgonCost(3, 1024, 2), "UmNlACP6Idh67HufceeaMDQ-27euGxOm8FMSBAlAWasU"),
)


@pytest.mark.parametrize(("password", "login", "cost", "expected"), VECTORS)
def test_vectors(password: str, login: str, cost: ArgonCost, expected: str) -> None:
    assert server_password(password, STUDY, login, cost) == expected
    assert server_password(password, STUDY, f" {login.upper()} ", cost) == expected


def test_study_login_password_and_cost_all_count() -> None:
    cost = ArgonCost(1, 64, 1)
    found = {
        server_password("a", STUDY, "anna", cost),
        server_password("b", STUDY, "anna", cost),
        server_password("a", "f" * 32, "anna", cost),
        server_password("a", STUDY, "bert", cost),
        server_password("a", STUDY, "anna", ArgonCost(2, 64, 1)),
    }
    assert len(found) == 5


def test_a_cheap_or_unbearable_cost_is_told() -> None:
    assert enough(STANDARD)
    assert enough(LEAST)
    assert not enough(ArgonCost(1, 64, 1))
    assert not enough(ArgonCost(3, 64 * 1024 - 1, 1))
    assert not enough(ArgonCost(17, 256 * 1024, 4))


def test_a_start_password_survives_being_typed() -> None:
    made = new_start_password()
    assert made != new_start_password()
    assert len(made) == 24
    for typed in (made, made.upper(), made.replace("-", " "), made.replace("-", ""), made.replace("0", "O")):
        assert typed_start_password(typed) == made
    assert typed_start_password(made.replace("1", "l").replace("0", "o")) == made
    for in_words in ("Vier Worte am Montag", "gelber Kahn unter neun Birken", made[:-1], ""):
        assert typed_start_password(in_words) == in_words, "made up by a research lead"


def test_logins_are_folded_without_losing_any() -> None:
    assert folded(" Jo\u0308rg ") == folded("JÖRG") == "jörg"
    assert folded("groß") != folded("gross")
