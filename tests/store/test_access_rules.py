"""Lines of pg_hba.conf are read as the server reads them: the first that fits decides."""

from __future__ import annotations

import pytest

from cati.store.access_rules import AccessLine, access, wanted_lines

DATABASE = PREFIX = "cati_0123456789ab"


def lines(*text: str) -> list[AccessLine]:
    found = []
    for number, line in enumerate(text, 1):
        kind, databases, users, *rest = line.split()
        address, method = rest if kind != "local" else ("", *rest)
        found.append(
            AccessLine(
                file="pg_hba.conf", number=number, kind=kind, databases=tuple(databases.split(",")),
                users=tuple(users.split(",")), address=address, mask="", method=method,
            )
        )  # fmt: skip
    return found


OURS = wanted_lines(DATABASE)
DEBIAN = (
    "local all postgres peer",
    "local all all peer",
    "host all all 127.0.0.1 scram-sha-256",
    "host replication all ::1 scram-sha-256",
)
DOCKER = ("local all all trust", "host all all 127.0.0.1 trust", "host all all all scram-sha-256")


@pytest.mark.parametrize("others", [(), DEBIAN, DOCKER])
def test_our_two_lines_in_front_make_any_file_safe(others: tuple[str, ...]) -> None:
    assert access(lines(*OURS, *others), DATABASE, PREFIX).safe


@pytest.mark.parametrize(
    ("text", "bad"),
    [
        ((*DOCKER, *OURS), [2, 3]),
        ((*DEBIAN, *OURS), [3]),
        ((OURS[0], "host all all 10.0.0.0 scram-sha-256"), [2]),  # in clear
        ((OURS[0].replace("scram-sha-256", "md5"), OURS[1]), [1]),
        ((OURS[0].replace("scram-sha-256", "password"), OURS[1]), [1]),
        ((f"hostssl all +{PREFIX}_lead all trust", *OURS), [1]),
        ((f"hostnossl {DATABASE} {PREFIX}_0123456789abcdef all scram-sha-256", *OURS), [1]),
        (("hostssl /^cati_ /^cati_ all cert", *OURS), [1]),
        (("hostgssenc all all all gss", *OURS), [1]),
    ],
)
def test_what_lets_in_otherwise_is_named(text: tuple[str, ...], bad: list[int]) -> None:
    found = access(lines(*text), DATABASE, PREFIX)
    assert [line.number for line in found.open_lines] == bad
    assert not found.safe


@pytest.mark.parametrize(
    "text",
    [
        ("host all postgres 127.0.0.1 trust", "host all +others all md5", "host other all all trust"),
        (f"hostssl {DATABASE} all 10.0.0.0 reject",),
        (f"hostnossl {DATABASE} all all reject", "hostgssenc all all all reject"),
    ],
)
def test_lines_that_are_not_about_us_are_left_in_peace(text: tuple[str, ...]) -> None:
    assert access(lines(*text, *OURS), DATABASE, PREFIX).safe


def test_a_file_that_lets_nobody_in_is_not_safe_but_useless() -> None:
    found = access(lines(f"host {DATABASE} all all reject", *OURS), DATABASE, PREFIX)
    assert found.open_lines == ()
    assert not found.opened
    assert not access([], DATABASE, PREFIX).opened
