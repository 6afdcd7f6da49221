"""A link file is read to the last field or not at all, and no field of it can turn the proof of the server off."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from cati import places
from cati.errors import Problem
from cati.store.link_file import StudyLink, authority_file, is_link, read_link, write_link
from cati.store.roles import Roles
from cati.vault.people import STANDARD

PEM = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
LINK = StudyLink(
    study="0123456789abcdef" * 2,
    name="Befragung Süd",
    database="cati_0123456789ab",
    hosts=("db1.example.org", "db2.example.org"),
    ports=(5432, 5433),
    authority=PEM,
    cost=STANDARD,
)


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "a.cati-study"
    write_link(path, LINK)
    write_link(path, LINK)
    assert read_link(path) == LINK
    assert is_link(path)
    assert is_link(tmp_path / "not there.cati-study")
    assert not is_link(tmp_path)
    folder = tmp_path / "folder.cati-study"
    folder.mkdir()
    assert not is_link(folder)
    assert [found.name for found in tmp_path.iterdir() if found.is_file()] == ["a.cati-study"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("format", "cati study link 2"),
        ("study", "0123"),
        ("study", "../../../../etc/passwd0123456789ab"),
        ("database", "a b"),
        ("database", "x sslmode=disable"),
        ("hosts", []),
        ("hosts", ["db1.example.org"]),
        ("hosts", ["/run/socket", "db2"]),
        ("hosts", ["a,b", "c"]),
        ("ports", [5432, 70000]),
        ("ports", ["5432", 5433]),
        ("authority", ""),
        ("authority", "system"),
        ("cost", {"passes": 1, "memory_kib": 8, "lanes": 1}),
        ("cost", {"passes": 3, "memory_kib": 2**30, "lanes": 4}),
    ],
)
def test_what_does_not_fit_is_refused(tmp_path: Path, field: str, value: object) -> None:
    path = tmp_path / "a.cati-study"
    path.write_text(json.dumps({**json.loads(LINK.to_bytes()), field: value}))
    with pytest.raises(Problem):
        read_link(path)


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"[" * 100_000, b"{}", b"null"])
def test_what_is_no_link_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.cati-study"
    path.write_bytes(content)
    with pytest.raises(Problem, match="no link to a study"):
        read_link(path)
    with pytest.raises(Problem, match="no such file"):
        read_link(tmp_path / "b.cati-study")


def test_the_authority_is_kept_for_oneself_and_an_altered_one_replaced() -> None:
    path = authority_file(LINK)
    assert path.is_relative_to(places.own_folder())
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.read_text() == PEM
    path.write_text("another")
    assert authority_file(LINK) == path
    assert path.read_text() == PEM


def test_names_of_roles_tell_nobodys_login() -> None:
    roles = Roles(LINK.study)
    assert roles.owner == "cati_0123456789ab_owner"
    assert roles.groups == tuple(f"cati_0123456789ab_{name}" for name in ("interviewer", "supervisor", "lead"))
    assert roles.group("research_lead") == "cati_0123456789ab_lead"
    assert roles.login(" Anna ") == roles.login("anna") != roles.login("bert")
    assert roles.login("anna") != Roles("f" * 32).login("anna")
    assert len(roles.login("anna")) == len("cati_0123456789ab_") + 16
    assert "anna" not in roles.login("anna")
