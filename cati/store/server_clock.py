"""A server's clock as a window knows it: what the server said last, and what our own steady clock counted since."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

_HOLDS = 600.0
"""Seconds after which the server is asked for the time again: two clocks part by some milliseconds in that time."""


@dataclass
class ServerClock:
    """``read_at``: (server's time, our ticks) at the same moment; None before the first answer."""

    read_at: tuple[float, float] | None = None

    def now(self) -> datetime:
        """Return the server's time; asks nobody."""
        theirs, ours = self.read_at or (0.0, 0.0)
        return datetime.fromtimestamp(theirs + ticks() - ours, UTC)

    def read(self, connection: Any) -> None:
        """Ask the server for its time, in a transaction of its own."""
        before = ticks()
        theirs = connection.execute("SELECT extract(epoch FROM clock_timestamp())::float8").fetchone()[0]
        after = ticks()
        connection.commit()
        self.read_at = (float(theirs), (before + after) / 2)

    def keep(self, connection: Any) -> None:
        """Ask again when the last answer is old; before a transaction's first statement."""
        if self.read_at is None or ticks() - self.read_at[1] > _HOLDS:
            self.read(connection)


def ticks() -> float:
    """Return seconds of a clock that nobody sets and that goes on while the computer sleeps."""
    boot = getattr(time, "CLOCK_BOOTTIME", None)  # Linux: its monotonic clock stands still in sleep
    return time.monotonic() if boot is None else time.clock_gettime(boot)
