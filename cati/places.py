"""Where things lie on this machine: the program's own resources, seals, logs; nothing of a study's content."""

from __future__ import annotations

import os
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def resources() -> Path:
    """Return the folder of translations, icons, manual and templates (in the wheel: inside the package)."""
    inside = _PACKAGE / "_resources"
    return inside if inside.is_dir() else _PACKAGE.parent / "resources"


def shipped_questionnaires() -> Path:
    """Return the folder of the questionnaires that come with the program."""
    inside = _PACKAGE / "_questionnaires"
    return inside if inside.is_dir() else _PACKAGE.parent / "questionnaires"


def own_folder() -> Path:
    """Return this person's data folder for cati (``CATI_HOME`` moves it, for tests and USB sticks)."""
    moved = os.environ.get("CATI_HOME")
    if moved:
        return Path(moved)
    from platformdirs import user_data_path  # noqa: PLC0415 - only where the default place is asked for

    return user_data_path("cati", appauthor=False)


def seals() -> Path:
    """Return the folder of seals and log checkpoints: outside every study, and to be left out of backups."""
    return own_folder() / "seals"


def logs() -> Path:
    """Return the folder of the program's log, which holds identifiers and types only."""
    return own_folder() / "logs"


def authorities() -> Path:
    """Return the folder of the certificates by which servers are known; copies from link files, and no secret."""
    return own_folder() / "authorities"


def spools() -> Path:
    """Return the folder of what servers have not acknowledged yet: sealed, of this workstation, mostly empty."""
    return own_folder() / "spools"
