"""The demonstration as a newcomer runs it: from the sealed list to a record that anybody can check."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest


def cati(*words: str | Path, home: Path) -> subprocess.CompletedProcess[str]:
    environment = {key: value for key, value in os.environ.items() if key not in ("DISPLAY", "WAYLAND_DISPLAY")}
    (home.parent / "temporary").mkdir(exist_ok=True)  # the erasure searches what the program left among temporary files
    environment |= {
        "TMPDIR": str(home.parent / "temporary"),
        "CATI_HOME": str(home),
        "LANG": "en_GB.UTF-8",
        "QT_QPA_PLATFORM": "offscreen",
    }
    return subprocess.run(
        [sys.executable, "-m", "cati", *map(str, words)], capture_output=True, text=True, check=False, env=environment
    )


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    folder = tmp_path_factory.mktemp("shown") / "demo"
    done = cati("demo", folder, home=folder.parent / "home")
    assert done.returncode == 0, done.stdout + done.stderr
    return folder, done.stdout


def test_it_tells_what_happened_in_plain_words(shown: tuple[Path, str]) -> None:
    _folder, said = shown
    for words in ("1. The study", "2. The list", "3. One interview", "4. Two weeks of calls", "5. The answers",
                  "6. The erasure", "400 accepted, 0 refused", "Erased completely.", "The signature fits"):  # fmt: skip
        assert words in said, words


def test_every_file_it_names_is_there(shown: tuple[Path, str]) -> None:
    folder, said = shown
    named = [
        Path(line.strip().split(": ")[-1]) for line in said.splitlines() if line.strip().split(": ")[-1][:1] == "/"
    ]
    assert len(named) > 15
    assert all(path.exists() for path in named if path.suffix != ".seal")
    assert not (folder / "papers" / "seal.html").exists()
    assert not list((folder / "seal").glob("*.seal")), "the seal must be gone"


def test_the_export_holds_the_interviews_and_no_identifier(shown: tuple[Path, str]) -> None:
    folder, said = shown
    with (folder / "export" / "interviews.csv").open(encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    count = int(next(line for line in said.splitlines() if "interviews exported" in line).split()[0])
    assert len(rows) == count > 50
    assert not {"id", "case", "case_id", "interviewer", "started", "ended", "date"} & set(rows[0])
    assert all("wish" not in name and "liked" not in name for name in rows[0]), "open texts do not leave"


def test_the_record_is_checked_alone_and_a_changed_one_is_refused(shown: tuple[Path, str], tmp_path: Path) -> None:
    folder, said = shown
    record = folder / "study" / "erasure_record.json"
    key = next(line for line in said.splitlines() if "Public key: " in line).split(": ")[1]
    assert cati("verify-erasure", record, "--key", key, home=tmp_path).returncode == 0
    assert cati("verify-erasure", record, "--key", "00" * 32, home=tmp_path).returncode == 1
    changed = tmp_path / "changed.json"
    changed.write_text(record.read_text("utf-8").replace('"complete":true', '"complete":false', 1), "utf-8")
    if json.loads(changed.read_text("utf-8")) == json.loads(record.read_text("utf-8")):
        changed.write_text(record.read_text("utf-8").replace("Beispiel", "Beispie1", 1), "utf-8")
    done = cati("verify-erasure", changed, home=tmp_path)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr


def test_a_second_demonstration_overwrites_nothing(shown: tuple[Path, str]) -> None:
    from cati.demo.run import _free

    folder, _said = shown
    assert _free(folder) == folder.with_name("demo-2").resolve()
