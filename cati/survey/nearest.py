"""The name that somebody most likely meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

_MOST_COMPARED = 2_000
"""Among more names only one that differs in case alone is looked for: comparing takes too long."""


def nearest(written: str, known: Iterable[str], like: float = 0.6) -> str:
    """Return the known name most like the one written, "" when none is; case makes no difference."""
    folded = {name.casefold(): name for name in known}
    wanted = written.casefold()
    if wanted in folded or len(folded) > _MOST_COMPARED:
        return folded.get(wanted, "")
    near = difflib.get_close_matches(wanted, folded, 1, like)
    return folded[near[0]] if near else ""
