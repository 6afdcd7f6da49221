"""Our age files open in Debian's age and its files open here; altered ones open nowhere."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import time

import pytest

from cati.errors import Problem
from cati.vault import age_files

LIST = "Name;Telefon\nMüller;0391 5550123\n".encode() * 3000


def _with_terminal(command: list[str], phrase: str) -> None:
    """Run ``command`` in a terminal of its own and answer every question for a passphrase."""
    terminal, its_end = pty.openpty()
    # age asks /dev/tty, so the terminal has to be the one that controls its session.
    age = subprocess.Popen(["setsid", "--ctty", "--wait", *command], stdin=its_end, stdout=its_end, stderr=its_end)
    os.close(its_end)
    seen = b""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        if not select.select([terminal], [], [], 1)[0]:
            continue
        try:
            piece = os.read(terminal, 1024)
        except OSError:  # Linux's way to say that the other end is closed
            break
        seen += piece
        if seen.rstrip().endswith(b":"):
            os.write(terminal, phrase.encode() + b"\n")
            seen = b""
    os.close(terminal)
    assert age.wait(timeout=60) == 0


def test_debians_age_opens_ours(tmp_path):
    identity, recipient = age_files.new_identity()
    (tmp_path / "key").write_text(identity + "\n")
    (tmp_path / "list.age").write_bytes(age_files.seal_to([recipient], LIST))
    ran = subprocess.run(["age", "-d", "-i", tmp_path / "key", tmp_path / "list.age"], capture_output=True, check=True)
    assert ran.stdout == LIST


@pytest.mark.parametrize("armour", [[], ["-a"]])
def test_we_open_debians(tmp_path, armour):
    identity, recipient = age_files.new_identity()
    ran = subprocess.run(["age", *armour, "-r", recipient], input=LIST, capture_output=True, check=True)
    assert not age_files.needs_passphrase(ran.stdout)
    assert age_files.open_with_identity(identity, ran.stdout) == LIST


def test_debians_age_opens_our_passphrase(tmp_path):
    (tmp_path / "list.age").write_bytes(age_files.seal_with_passphrase("fünf Wörter im Ofenrohr", LIST))
    _with_terminal(
        ["age", "-d", "-o", str(tmp_path / "list.csv"), str(tmp_path / "list.age")], "fünf Wörter im Ofenrohr"
    )
    assert (tmp_path / "list.csv").read_bytes() == LIST


@pytest.mark.parametrize("armour", [[], ["-a"]])
def test_we_open_debians_passphrase(tmp_path, armour):
    (tmp_path / "list.csv").write_bytes(LIST)
    _with_terminal(["age", "-p", *armour, "-o", str(tmp_path / "list.age"), str(tmp_path / "list.csv")], "fünf Wörter")
    sealed = (tmp_path / "list.age").read_bytes()
    assert age_files.needs_passphrase(sealed)
    assert age_files.open_with_passphrase("fünf Wörter", sealed) == LIST
    with pytest.raises(Problem, match="passphrase does not open"):
        age_files.open_with_passphrase("fünf Worte", sealed)


def test_several_recipients_can_each_open():
    (one, first), (two, second) = age_files.new_identity(), age_files.new_identity()
    sealed = age_files.seal_to([first, f" {second}\n"], b"x")
    assert age_files.open_with_identity(one, sealed) == age_files.open_with_identity(two, sealed) == b"x"


def test_another_studys_identity_is_told_apart_from_damage():
    _identity, recipient = age_files.new_identity()
    sealed = age_files.seal_to([recipient], b"x")
    with pytest.raises(Problem, match="not sealed for this study"):
        age_files.open_with_identity(age_files.new_identity()[0], sealed)


def test_every_flipped_bit_is_refused(flips):
    identity, recipient = age_files.new_identity()
    sealed = age_files.seal_to([recipient], b"0391 5550123")
    for altered in (*flips(sealed, 10_000), sealed[:-1], sealed + b"\0", sealed[:50], age_files.HEADER):
        with pytest.raises(Problem):
            age_files.open_with_identity(identity, altered)


def test_a_piece_cut_off_between_chunks_is_refused():
    identity, recipient = age_files.new_identity()
    sealed = age_files.seal_to([recipient], os.urandom(3 * 65536))
    start = len(sealed) - 3 * (65536 + 16)
    for chunks in (0, 1, 2):
        with pytest.raises(Problem, match="altered or is incomplete"):
            age_files.open_with_identity(identity, sealed[: start + chunks * (65536 + 16)])


@pytest.mark.parametrize("line", ["", "age1", "age1" + "q" * 58, "ssh-ed25519 AAAA", "AGE-SECRET-KEY-1ABC"])
def test_what_is_no_recipient_is_refused(line):
    with pytest.raises(Problem, match="age recipient"):
        age_files.seal_to([line], b"x")


def test_a_fingerprint_can_be_read_over_the_telephone():
    recipient = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"  # of the age specification
    assert age_files.fingerprint(recipient) == "cf7e 5682 3131 5068 5bf1 6e42 c4ea 48e1"
    assert age_files.fingerprint(recipient + "\n") == age_files.fingerprint(recipient)
    identity, mine = age_files.new_identity()
    assert age_files.recipient_of(identity) == mine


def test_a_passphrase_with_absurd_work_is_refused_at_once():
    sealed = age_files.seal_with_passphrase("x", b"y")
    header, rest = sealed.split(b"\n", 2)[1], sealed
    work = header.rsplit(b" ", 1)[1]
    started = time.monotonic()
    with pytest.raises(Problem):
        age_files.open_with_passphrase("x", rest.replace(header, header[: -len(work)] + b"40", 1))
    assert time.monotonic() - started < 5
