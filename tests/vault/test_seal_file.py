"""The seal file is small, private, whole or refused, and destroyed in place."""

from __future__ import annotations

import os
import stat
import sys

import pytest

from cati.errors import Problem
from cati.vault.seal_file import Seal, create_seal, destroy_seal, key_fingerprint, new_seal, pin, read_seal

STUDY = "0123456789abcdef" * 2


@pytest.fixture
def seal() -> Seal:
    return pin(new_seal(STUDY), b"p" * 32)


def test_a_seal_file_is_read_as_it_was_made(tmp_path, seal):
    create_seal(tmp_path / "seals" / "one.seal", seal)
    path = tmp_path / "seals" / "one.seal"
    assert read_seal(path) == seal
    assert path.stat().st_size == 4096
    if sys.platform != "win32":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert seal.signer_fingerprint == key_fingerprint(b"p" * 32)


def test_two_seals_differ_and_show_nothing(seal):
    assert new_seal(STUDY).secret != new_seal(STUDY).secret
    assert seal.secret.hex() not in repr(seal)
    assert repr(seal.secret)[2:-1] not in repr(seal)


def test_an_existing_seal_is_never_overwritten(tmp_path, seal):
    create_seal(tmp_path / "one.seal", seal)
    with pytest.raises(Problem):
        create_seal(tmp_path / "one.seal", pin(new_seal(STUDY), b"q" * 32))
    assert read_seal(tmp_path / "one.seal") == seal


@pytest.mark.parametrize("study", ["", "x" * 32, "AB" * 16, "ab" * 15])
def test_a_study_needs_an_id_of_the_right_form(study):
    with pytest.raises(ValueError, match="hex"):
        new_seal(study)


def test_a_seal_without_a_pinned_signer_is_not_written(tmp_path):
    with pytest.raises(ValueError, match="pinned"):
        create_seal(tmp_path / "one.seal", new_seal(STUDY))
    assert not (tmp_path / "one.seal").exists()


def test_a_missing_or_altered_file_is_refused(tmp_path, seal, flips):
    path = tmp_path / "one.seal"
    with pytest.raises(Problem, match="workstation"):
        read_seal(path)
    create_seal(path, seal)
    whole = path.read_bytes()
    for altered in (*flips(whole, 300, 0, 120), *flips(whole, 60), whole[:-1], whole + b"\0", b"", bytes(4096)):
        path.write_bytes(altered)
        with pytest.raises(Problem, match="damaged"):
            read_seal(path)


def test_destruction_overwrites_the_same_bytes_on_disk_before_the_name_goes(tmp_path, seal):
    path, other_name = tmp_path / "one.seal", tmp_path / "hard-link"
    create_seal(path, seal)
    other_name.hardlink_to(path)  # shows what became of the file's own bytes
    done = destroy_seal(path)
    assert (done.found, done.overwritten, done.synced, done.unlinked) == (True, True, True, True)
    assert not path.exists()
    left = other_name.read_bytes()
    assert len(left) == 4096
    assert seal.secret not in left
    assert b"cati seal" not in left
    assert bytes(16) not in left
    assert done.note()


def test_without_overwriting_the_secret_would_still_be_there(tmp_path, seal):
    path, other_name = tmp_path / "one.seal", tmp_path / "hard-link"
    create_seal(path, seal)
    other_name.hardlink_to(path)
    path.unlink()
    assert seal.secret in other_name.read_bytes()


def test_destruction_may_be_repeated_and_goes_on_after_a_kill(tmp_path, seal):
    path = tmp_path / "one.seal"
    create_seal(path, seal)
    path.write_bytes(os.urandom(100))  # killed in the middle of overwriting
    assert destroy_seal(path).unlinked
    again = destroy_seal(path)
    assert (again.found, again.unlinked) == (False, False)
    assert again.note() == "No seal file was found at this place."


def test_a_link_is_followed(tmp_path, seal):
    target, link = tmp_path / "stick" / "one.seal", tmp_path / "one.seal"
    create_seal(target, seal)
    link.symlink_to(target)
    assert destroy_seal(link).unlinked
    assert not target.exists()
    assert not link.is_symlink()


def test_a_seal_that_cannot_be_destroyed_is_reported(tmp_path):
    (tmp_path / "one.seal").mkdir()
    done = destroy_seal(tmp_path / "one.seal")
    assert (done.found, done.unlinked) == (True, False)
    assert done.note() == "The seal file could not be destroyed."


def test_vector_of_formats_md(tmp_path):
    secret, study, signer = bytes(range(32)), "00112233445566778899aabbccddeeff", "ffeeddccbbaa99887766554433221100"
    create_seal(tmp_path / "one.seal", Seal(secret, study, signer))
    page = (tmp_path / "one.seal").read_bytes()
    assert page[:10] == b"\x61cati seal"
    assert page[10:42] == secret
    assert page[42:74].hex() == study + signer
    assert page[74:106].hex() == "f3e868138979c739ae822850d289ec392d5bd196eb0d28eadfd1c194352af018"
    assert not any(page[106:])
