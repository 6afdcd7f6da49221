"""The search that the days of erasure rely on finds what is there: a search that cannot find proves nothing."""

from __future__ import annotations

import base64
import io
import json
import os
import random
import shutil
import sqlite3
import unicodedata
import zipfile

import openpyxl
import pandas as pd
import pytest

from cati.vault.contacts import seal_contact
from cati.vault.sealing import new_key

NAME = "Möwenkötter"


@pytest.mark.parametrize(
    ("form", "written"),
    [
        ("UTF-8", NAME.encode()),
        ("UTF-16LE", NAME.encode("utf-16-le")),
        ("UTF-16BE", NAME.encode("utf-16-be")),
        ("decomposed UTF-8", unicodedata.normalize("NFD", NAME).encode()),
        ("Windows' code page", NAME.encode("cp1252")),
        ("JSON", json.dumps(NAME).encode()),
    ],
)
def test_a_name_is_found_in_every_form(tmp_path, residue, form, written):
    (tmp_path / "deep" / "er").mkdir(parents=True)
    (tmp_path / "deep" / "er" / "log").write_bytes(os.urandom(5000) + written + os.urandom(5000))
    (tmp_path / "clean").write_bytes(os.urandom(100_000))
    found = residue([tmp_path], [NAME, "Ginsterdorn"])
    assert [(one.form, one.needle, one.path.name) for one in found] == [(form, NAME, "log")]
    assert (tmp_path / "deep" / "er" / "log").read_bytes()[found[0].offset :].startswith(written.strip(b'"'))


def test_sealed_bytes_are_found_raw_in_pieces_in_hexadecimal_and_in_base64(tmp_path, residue):
    _key, details = seal_contact(new_key(), "s", "c", b"x" * 300)
    _key, other = seal_contact(new_key(), "s", "c", b"x" * 300)
    for content in (
        details,
        details[:40],
        details[-40:],
        details[100:180],
        details.hex().encode(),
        details.hex().upper().encode(),
        *(base64.b64encode(b"abc"[:shift] + details) for shift in range(3)),
        *(base64.urlsafe_b64encode(b"abc"[:shift] + details) for shift in range(3)),
    ):
        (tmp_path / "page").write_bytes(os.urandom(777) + content + os.urandom(777))
        assert residue([tmp_path], sealed=[details])
        assert not residue([tmp_path], sealed=[other])


def test_nothing_is_found_in_chance_and_nothing_between_two_blocks_is_missed(tmp_path, residue):
    block = 8 * 1024 * 1024
    data = bytearray(random.Random(7).randbytes(2 * block + 5000))
    (tmp_path / "big").write_bytes(data)
    needles = [f"+49391{number:07}" for number in range(2000)]
    assert residue([tmp_path], needles) == []
    for offset in (0, block - 12, block - 7, block - 1, block, 2 * block - 3, len(data) - 13):
        changed = data.copy()
        changed[offset : offset + 13] = b"+493910001999"
        (tmp_path / "big").write_bytes(changed)
        assert [(one.offset, one.needle) for one in residue([tmp_path], needles)] == [(offset, "+493910001999")]


@pytest.mark.parametrize("suffix", [".csv", ".xlsx", ".parquet", ".sav", ".zip", ".csv.gz"])
def test_a_name_is_found_in_every_kind_of_export(tmp_path, residue, suffix):
    frame = pd.DataFrame({"q1": ["1", "2"], "remark": ["nothing", f"Bitte an {NAME} wenden, danke und bis bald"]})
    path = tmp_path / f"export{suffix}"
    if suffix in {".csv", ".csv.gz"}:
        frame.to_csv(path, index=False)
    elif suffix == ".xlsx":
        frame.to_excel(path, engine="openpyxl")
    elif suffix == ".parquet":
        frame.to_parquet(path)
    elif suffix == ".sav":
        import pyreadstat

        pyreadstat.write_sav(frame, path, row_compress=True)
    else:
        book, workbook = io.BytesIO(), openpyxl.Workbook()
        workbook.active.append([NAME])
        workbook.save(book)
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("inner.xlsx", book.getvalue())
    assert residue([tmp_path], [NAME])
    assert not residue([tmp_path], ["Ginsterdorn"])


def test_names_of_files_are_searched(tmp_path, residue):
    (tmp_path / f"Liste {NAME}.txt").write_bytes(b"")
    assert residue([tmp_path], [NAME])[0].inside == "its name"


def test_what_cannot_be_searched_is_an_error_and_not_clean(tmp_path, residue):
    with pytest.raises(ValueError, match="too short"):
        residue([tmp_path], ["Anna"])
    with pytest.raises(ValueError, match="not there"):
        residue([tmp_path / "studie"], [NAME])


def test_spellings_of_a_number(phone_spellings):
    assert phone_spellings("+493915550123") == ["+493915550123", "493915550123", "00493915550123", "03915550123"]


def test_deleted_rows_are_found_in_a_careless_database_and_not_in_a_careful_one(tmp_path, residue):
    """SQLite keeps deleted rows in free pages and in its log; the study's database must not."""
    names = [f"Möwenkötter-{number:05}" for number in range(300)]

    def emptied(name: str, *, careful: bool):
        folder = tmp_path / name
        folder.mkdir()
        with sqlite3.connect(folder / "study.db", isolation_level=None) as database:
            database.execute("pragma journal_mode = wal")
            database.execute(f"pragma secure_delete = {'on' if careful else 'off'}")
            database.execute("pragma wal_autocheckpoint = 0")
            database.execute("create table contact (id integer primary key, name text)")
            database.executemany("insert into contact (name) values (?)", [(one,) for one in names])
            database.execute("delete from contact")
            if careful:
                for step in ("pragma wal_checkpoint(truncate)", "vacuum", "pragma wal_checkpoint(truncate)"):
                    database.execute(step).fetchall()
            shutil.copytree(folder, tmp_path / f"{name} as it lies on the disk")
        database.close()
        return tmp_path / f"{name} as it lies on the disk"

    careless = residue([emptied("careless", careful=False)], names)
    assert {one.path.name for one in careless} == {"study.db-wal"}
    assert residue([emptied("careful", careful=True)], names) == []
