"""No core dump is written of a process that holds keys."""

from __future__ import annotations

import subprocess
import sys

_PROGRAM = """
import resource, ctypes, os, subprocess, sys
from cati.vault.hygiene import forbid_core_dumps
before = ctypes.CDLL(None).prctl(3, 0, 0, 0, 0)
assert forbid_core_dumps() is True
assert resource.getrlimit(resource.RLIMIT_CORE) == (0, 0)
child = subprocess.run([sys.executable, "-c", "import resource; print(resource.getrlimit(resource.RLIMIT_CORE))"],
                       capture_output=True, text=True, check=True)
print(before, ctypes.CDLL(None).prctl(3, 0, 0, 0, 0), child.stdout.strip())
"""


def test_core_dumps_are_forbidden_here_and_in_children():
    ran = subprocess.run([sys.executable, "-c", _PROGRAM], capture_output=True, text=True, check=True)
    assert ran.stdout.split(" ", 2) == ["1", "0", "(0, 0)\n"]
