"""Tries to sign in are counted before they are looked at, and the fourth wrong one in a row has to wait."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from cati import places
from cati.errors import Problem
from cati.store import staff
from cati.store.link_file import is_link
from cati.text import tr, trn
from cati.vault.sealing import place
from cati.vault.server_password import folded

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cati.store.database import Database

_FREE = 3
_FIRST_WAIT, _LONGEST_WAIT = 5, 300
_SLOTS = 4096


class TooSoon(Problem):
    """Too many wrong tries in a row; the password was not even looked at."""


class Tries(Protocol):
    """Where tries are counted. They stay there when the program or the workstation is started anew."""

    def begin(self, login: str) -> None:
        """Count a try; raises `TooSoon`."""

    def end(self, login: str) -> int:
        """Forget the tries of a login that succeeded; return how many had failed before."""

    def take_back(self, login: str) -> None:
        """Count the try not after all: the password could not be looked at."""


def tries_of(place: Path, database: Database | None, study_id: str, now: Callable[[], datetime]) -> Tries:
    """Return where the tries of the study at ``place`` are counted; ``database`` is only asked for a folder's."""
    if is_link(place) or database is None or database.by_functions:
        return OnWorkstation(study_id, now)
    return InDatabase(database, study_id, now)


def wait_after(failed: int) -> int:
    """Return for how many seconds nobody may try after so many wrong tries in a row."""
    return 0 if failed < _FREE else min(_FIRST_WAIT * 2 ** min(failed - _FREE, 10), _LONGEST_WAIT)


def slot_of(study_id: str, login: str) -> int:
    """Return where the tries of a login are counted: 12 bits of a hash.

    All that is typed is counted, whether there is such a login or not, and what was typed cannot be told from it:
    people type passwords into the wrong field. Two logins may share a slot, and then wait for one another.
    """
    digest = hashlib.sha256(place("sign-in", study_id, folded(login))).digest()
    return int.from_bytes(digest[:4], "big") % _SLOTS


def _refuse_too_soon(failed: int, last: int, at: int) -> None:
    # A clock that was set back makes nobody wait longer than the wait itself.
    left = min(last + wait_after(failed) - at, wait_after(failed))
    if left > 0:
        raise TooSoon(
            tr("Sign-in"),
            tr("There were too many wrong tries in a row."),
            trn("Wait 1 second, then try again.", "Wait {n} seconds, then try again.", left),
        )


class InDatabase:
    """Tries for a study in a folder, in its database."""

    def __init__(self, database: Database, study_id: str, now: Callable[[], datetime]) -> None:
        self._database, self._study, self._now = database, study_id, now

    def begin(self, login: str) -> None:
        """Count a try; raises `TooSoon`. In one transaction, so that two windows do not count past one another."""
        slot, at = slot_of(self._study, login), int(self._now().timestamp())
        with self._database.transaction() as transaction:
            failed, last = staff.tries(transaction, slot)
            _refuse_too_soon(failed, last, at)
            staff.keep_tries(transaction, slot, failed + 1, at)

    def end(self, login: str) -> int:
        """Forget the tries; return how many had failed before this one."""
        slot = slot_of(self._study, login)
        with self._database.transaction() as transaction:
            failed, _last = staff.tries(transaction, slot)
            staff.keep_tries(transaction, slot, 0, 0)
        return max(failed - 1, 0)

    def take_back(self, login: str) -> None:
        """Count the last try not after all."""
        slot = slot_of(self._study, login)
        with self._database.transaction() as transaction:
            failed, last = staff.tries(transaction, slot)
            staff.keep_tries(transaction, slot, max(failed - 1, 0), last)


class OnWorkstation:
    """Tries for a study on a server, in a file of this workstation: who is refused there can write nothing there."""

    def __init__(self, study_id: str, now: Callable[[], datetime]) -> None:
        self._study, self._now = study_id, now
        self._path = places.own_folder() / "sign-ins" / f"{study_id}.json"

    def begin(self, login: str) -> None:
        """Count a try; raises `TooSoon`."""
        slot, at = str(slot_of(self._study, login)), int(self._now().timestamp())
        with self._kept() as kept:
            failed, last = kept.get(slot, (0, 0))
            _refuse_too_soon(failed, last, at)
            kept[slot] = (failed + 1, at)

    def end(self, login: str) -> int:
        """Forget the tries; return how many had failed before this one."""
        with self._kept() as kept:
            failed, _last = kept.pop(str(slot_of(self._study, login)), (0, 0))
        return max(failed - 1, 0)

    def take_back(self, login: str) -> None:
        """Count the last try not after all."""
        slot = str(slot_of(self._study, login))
        with self._kept() as kept:
            failed, last = kept.get(slot, (0, 0))
            kept[slot] = (max(failed - 1, 0), last)

    @contextmanager
    def _kept(self) -> Iterator[dict[str, tuple[int, int]]]:
        """Read the file, and write it whole when the step did not raise; one that cannot be read counts from 0."""
        try:
            kept = {str(slot): (int(n), int(at)) for slot, (n, at) in json.loads(self._path.read_bytes()).items()}
        except (OSError, ValueError, TypeError, AttributeError):
            kept = {}
        yield kept
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        part = self._path.with_suffix(f".{os.getpid()}")
        part.write_text(json.dumps({slot: list(entry) for slot, entry in kept.items() if entry[0]}), "ascii")
        part.replace(self._path)
