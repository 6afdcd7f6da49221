"""The spool: sealed, whole up to the last whole entry, one window's alone, and gone when it is empty."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from cati.errors import Problem
from cati.fieldwork import spool as spooling
from cati.fieldwork.spool import BLOCK, Spool, files_of, left_by, remove_of

KEY = bytes(range(32))
STUDY, ANNA, BERT = "5" * 32, "a" * 32, "b" * 32


def opened(folder: Path, member: str = ANNA) -> Spool:
    return Spool(folder, STUDY, member, KEY)


def only_file(folder: Path) -> Path:
    (path,) = files_of(folder, STUDY)
    return path


def test_there_is_a_file_only_while_something_waits(tmp_path: Path) -> None:
    folder = tmp_path / "spools"
    spool = opened(folder)
    assert not folder.exists()
    spool.append(b"one")
    path = only_file(folder)
    assert path.stat().st_mode & 0o777 == 0o600
    assert folder.stat().st_mode & 0o777 == 0o700
    spool.clear()
    assert path.stat().st_size == 0
    spool.append(b"two")
    spool.remove()
    assert files_of(folder, STUDY) == ()
    spool.append(b"three")
    spool.close()
    assert only_file(folder).exists()


def test_what_was_left_is_found_in_order_and_a_torn_end_is_not(tmp_path: Path) -> None:
    spool = opened(tmp_path)
    for n in range(5):
        spool.append(b'{"n":%d}' % n)
    spool.close()
    path = only_file(tmp_path)
    whole = path.read_bytes()
    record = (len(whole) - 17) // 5
    for cut in (len(whole), len(whole) - 1, len(whole) - record + 3, len(whole) - record, 17 + record + 1, 17, 9, 0):
        path.write_bytes(whole[:cut])
        found = opened(tmp_path)
        count = max(0, (cut - 17) // record)
        assert found.found == [b'{"n":%d}' % n for n in range(count)]
        if count:
            found.append(b"behind it")
            found.close()
            again = opened(tmp_path)
            assert again.found == [*found.found, b"behind it"]
            again.remove()
        assert files_of(tmp_path, STUDY) == ()
        path.write_bytes(whole)


def test_no_bit_can_be_changed_and_no_entry_moved_or_read(tmp_path: Path) -> None:
    spool = opened(tmp_path)
    for words in (b"Frau Meier wohnt am See", b"x"):
        spool.append(words)
    spool.close()
    path = only_file(tmp_path)
    content = path.read_bytes()
    record = (len(content) - 17) // 2
    assert b"Meier" not in content
    assert ANNA.encode() not in content + path.name.encode()
    first, second = content[17 : 17 + record], content[17 + record :]
    assert len(first) == len(second) == 4 + BLOCK + 29, "one length, whatever was said"
    path.write_bytes(content[:17] + second + first)
    assert opened(tmp_path).found == []
    path.write_bytes(content[:40] + bytes([content[40] ^ 1]) + content[41:])
    assert opened(tmp_path).found == []


def test_another_member_and_another_living_window_leave_it_alone(tmp_path: Path) -> None:
    anna = opened(tmp_path)
    anna.append(b"anna's")
    bert = opened(tmp_path, BERT)
    assert bert.found == []
    again = opened(tmp_path)
    assert again.found == [], "her other window lives and sends it itself"
    again.append(b"of the second window")
    assert len(files_of(tmp_path, STUDY)) == 2
    anna.close()
    again.close()
    both = opened(tmp_path)
    assert both.found == [b"anna's", b"of the second window"]
    assert len(files_of(tmp_path, STUDY)) == 1
    both.close()
    assert opened(tmp_path).found == [b"anna's", b"of the second window"]


def test_a_full_disk_is_told_and_what_is_there_stays_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spool = opened(tmp_path)
    spool.append(b"kept")

    def full(file: int, at: int, content: bytes) -> None:
        os.lseek(file, at, os.SEEK_SET)
        os.write(file, content[: len(content) // 2])
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(spooling, "_write_at", full)
        with pytest.raises(Problem, match="not kept"):
            spool.append(b"lost")
    spool.append(b"kept as well")
    spool.close()
    assert opened(tmp_path).found == [b"kept", b"kept as well"]


def test_every_entry_is_synced_before_it_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []
    sync, write = os.fsync, spooling._write_at
    monkeypatch.setattr(os, "fsync", lambda file: (done.append("sync"), sync(file)))
    monkeypatch.setattr(spooling, "_write_at", lambda *words: (done.append("write"), write(*words)))
    spool = opened(tmp_path)
    spool.append(b"one")
    assert done == ["write", "sync", "sync"], "the file, and the folder that it is new in"
    done.clear()
    spool.append(b"two")
    assert done == ["write", "sync"]


def test_what_others_left_is_counted_and_left_alone(tmp_path: Path) -> None:
    bert = opened(tmp_path, BERT)
    bert.append(b"bert's")
    bert.append(b"bert's second")
    assert left_by(tmp_path, STUDY, [KEY], [ANNA, BERT]) == {ANNA: 0, BERT: 0}, "his window lives"
    remove_of(tmp_path, STUDY, [KEY], BERT)
    assert only_file(tmp_path).exists()
    bert.close()
    assert left_by(tmp_path, STUDY, [KEY], [ANNA, BERT]) == {ANNA: 0, BERT: 2}
    again = opened(tmp_path, BERT)
    assert again.found == [b"bert's", b"bert's second"]
    again.close()
    remove_of(tmp_path, STUDY, [KEY], ANNA)
    assert only_file(tmp_path).exists()
    remove_of(tmp_path, STUDY, [KEY], BERT)
    assert files_of(tmp_path, STUDY) == ()
