"""The order in which a respondent gets choices and groups: by keyed hash, so that an inserted item moves no other."""

from __future__ import annotations

import hashlib

from cati.survey.questionnaire import Order


def keyed(seed: int, *parts: str) -> int:
    """Return 64 bits that depend on seed and names only."""
    text = "/".join((str(seed), *parts)).encode()
    return int.from_bytes(hashlib.sha256(text).digest()[:8], "big")


def reorder(entries: list[tuple[str, bool]], order: Order, seed: int, where: str) -> list[str]:
    """Return the names in random, rotated or flipped order; anchored ones keep their place."""
    free = [name for name, anchored in entries if not anchored]
    if order is Order.RANDOM:
        free.sort(key=lambda name: keyed(seed, where, name))
    elif order is Order.ROTATE and free:
        start = keyed(seed, where) % len(free)
        free = free[start:] + free[:start]
    elif order is Order.FLIP and keyed(seed, where) % 2:
        free.reverse()
    following = iter(free)
    return [name if anchored else next(following) for name, anchored in entries]
