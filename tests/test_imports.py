"""The house's walls, and what every file of the package owes its reader."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
MODULES = sorted((ROOT / "cati").rglob("*.py"))
FORBIDDEN_NAMES = ("util", "utils", "helper", "helpers", "manager", "service", "controller", "misc", "common")


def test_imports_go_down_never_up() -> None:
    done = subprocess.run(
        [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("module", MODULES, ids=lambda m: str(m.relative_to(ROOT)))
def test_every_file_says_in_one_sentence_what_it_is_for(module: Path) -> None:
    docstring = ast.get_docstring(ast.parse(module.read_text("utf-8")))
    assert docstring, "no docstring"
    assert docstring.split("\n\n")[0].rstrip().endswith((".", "!", "?")), docstring
    assert module.stem not in FORBIDDEN_NAMES


def test_the_terminal_loads_neither_qt_nor_pandas() -> None:
    code = "import sys, cati.cli; cati.cli._parser(); print([m for m in ('PySide6', 'pandas', 'pyarrow') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
