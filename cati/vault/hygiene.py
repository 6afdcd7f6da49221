"""Keeps what is in memory out of files that the system writes by itself."""

from __future__ import annotations

import ctypes
import sys

_PR_SET_DUMPABLE = 4


def forbid_core_dumps() -> bool:
    """Forbid core dumps of this process and its children to come; returns whether the system obeyed.

    On Linux the process also becomes "not dumpable", because crash collectors need not heed the limit; debuggers of the
    same person cannot attach then either. On Windows nothing is done: there it is a policy of the workstation.
    """
    if sys.platform == "win32":
        return False
    import resource  # noqa: PLC0415 - exists on POSIX systems only

    try:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    except (OSError, ValueError):
        return False
    if sys.platform.startswith("linux"):
        return bool(ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0) == 0)
    return True
