"""What this workstation remembers: look, text size, language, recent studies; nothing of their content."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from cati.places import own_folder

_MOST_RECENT = 8


@dataclass(frozen=True, slots=True)
class Recent:
    """A study that was opened here: where it lies and what it is called, so that the first page needs no database."""

    folder: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Preferences:
    """``language`` is "" until somebody chose one; ``recent`` has the study opened last first."""

    dark: bool = False
    scale: float = 1.0
    language: str = ""
    recent: tuple[Recent, ...] = ()


def _place() -> Path:
    return own_folder() / "window.json"


def load() -> Preferences:
    """Read the preferences; the defaults where there are none or they cannot be read."""
    try:
        return msgspec.json.decode(_place().read_bytes(), type=Preferences)
    except (OSError, msgspec.DecodeError):
        return Preferences()


def keep(preferences: Preferences) -> None:
    """Write the preferences, whole or not at all; a full or read-only disk is no reason to stop working."""
    place = _place()
    part = place.with_suffix(".part")
    try:
        place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        part.write_bytes(msgspec.json.encode(preferences))
        part.replace(place)
    except OSError:
        return


def with_recent(preferences: Preferences, folder: Path, name: str) -> Preferences:
    """Return the preferences with this study first among the recent ones."""
    place = os.fspath(folder)
    rest = [other for other in preferences.recent if other.folder != place]
    return replace(preferences, recent=(Recent(place, name), *rest)[:_MOST_RECENT])


def without_recent(preferences: Preferences, folder: Path) -> Preferences:
    """Return the preferences without this study, when it is not there any more."""
    place = os.fspath(folder)
    return replace(preferences, recent=tuple(other for other in preferences.recent if other.folder != place))
