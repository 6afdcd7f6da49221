"""What stands on the two sheets, and who may read them when the terminal writes them as files."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from cati.fieldwork.sheets import sheets, write_sheets
from cati.settings import Department, StudySettings
from cati.text import set_language

from .conftest import Made


def test_files_of_the_sheets_are_for_their_owner_and_say_what_to_do_with_them(
    made: Made, settings: Callable[..., StudySettings], tmp_path: Path
) -> None:
    folder = tmp_path / "papers"
    folder.mkdir()
    (folder / "seal.html").write_text("older and open to all")
    (folder / "seal.html").chmod(0o644)
    before = os.umask(0)
    try:
        paths = write_sheets(made.created, settings(), folder)
    finally:
        os.umask(before)
    assert [path.name for path in paths] == ["seal.html", "office.html"]
    assert [stat.S_IMODE(path.stat().st_mode) for path in paths] == [0o600, 0o600]
    assert "Print it, then delete the file" in paths[0].read_text("utf-8")


def test_the_office_reads_days_as_it_writes_them_and_the_places_of_its_list(
    made: Made, settings: Callable[..., StudySettings]
) -> None:
    set_language("de")
    chosen = settings()
    south = replace(chosen.sites[1], departments=(Department(code="jagd", name="Jagd & <Fischerei>", target=5),))
    _seal, office = sheets(made.created, replace(chosen, sites=(chosen.sites[0], south)))
    assert "vom 1. Juli 2026 bis 30. Juni 2027" in office.html
    assert "2026-07-01" not in office.html
    assert "<td>Landkreis Nord (nord)</td><td>Bauamt (bau), Zulassung (kfz)</td>" in office.html
    assert "<td>Landkreis Süd (sued)</td><td>Jagd &amp; &lt;Fischerei&gt; (jagd)</td>" in office.html
    assert "Fassungen des Wortlauts: 2027-1" in office.html


def test_only_the_seal_is_secret(made: Made, settings: Callable[..., StudySettings]) -> None:
    seal, office = sheets(made.created, settings())
    assert (seal.secret, office.secret) == (True, False)
    assert all(line in seal.html for line in made.created.paper_seal)
    assert not any(line in office.html for line in made.created.paper_seal)
    assert made.created.paper_seal[0] not in repr(seal)
