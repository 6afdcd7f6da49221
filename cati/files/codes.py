"""How lists write the codes and names of what a study's settings know."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable


def key(text: str) -> str:
    """Return a text by which ways to write it are found again: case folded, compatibility signs made plain."""
    return text.casefold() if text.isascii() else unicodedata.normalize("NFKC", text).casefold()


def by_key(values: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return `key` of each code and name → code; a code's lost leading zeros are forgiven where that is unique."""
    found: dict[str, str] = {}
    rows = list(values)
    for code, name in rows:
        found.setdefault(key(" ".join(name.split())), code)
        found[key(code)] = code
    for code, _ in rows:
        if code.isdigit() and code.lstrip("0"):
            found.setdefault(code.lstrip("0"), code)
    return found
