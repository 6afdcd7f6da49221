"""A stranger's file is read right, or refused with a sentence while the program lives on."""

from __future__ import annotations

import io
import os
import random
import struct
import subprocess
import sys
import zipfile
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from openpyxl import Workbook

from cati.errors import Cancelled, Problem
from cati.files import tables
from cati.files.delimited import find_encoding
from cati.files.table_child import MOST_CHARACTERS, Order, Unreadable, parse
from cati.files.tables import Table, read_table


def workbook(rows: list[list[object]], **cells: object) -> bytes:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(row)
    for place, value in cells.items():
        sheet[place] = value
    data = io.BytesIO()
    book.save(data)
    return data.getvalue()


def with_sheet_xml(
    data: bytes, before: bytes, insert: list[bytes], *, member: str = "xl/worksheets/sheet1.xml"
) -> bytes:
    """Return the workbook with chunks of XML inserted into one part, written without holding them at once."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as changed:
        for name in source.namelist():
            content = source.read(name)
            with changed.open(name, "w", force_zip64=False) as part:
                if name == member:
                    head, mark, tail = content.partition(before)
                    part.write(head)
                    for chunk in insert:
                        part.write(chunk)
                    part.write(mark + tail)
                else:
                    part.write(content)
    return target.getvalue()


def bomb(megabytes: int) -> bytes:
    chunks = [b'<row r="9"><c r="A9" t="inlineStr"><is><t>', *[b"A" * 2**20] * megabytes, b"</t></is></c></row>"]
    return with_sheet_xml(workbook([["a", "b"]]), b"</sheetData>", chunks)


def refusal(data: bytes, name: str = "list.xlsx") -> Problem:
    with pytest.raises(Problem) as caught:
        read_table(data, name)
    assert caught.value.what
    assert caught.value.do
    return caught.value


# text files


@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252", "cp850", "mac_roman"])
def test_encoding_and_separator_are_found(encoding: str, delimiter: str) -> None:
    rows = [["Name", "Straße", "Telefon"], ["Müller", "Größe", "030"], ["Jäger", "Übü", "069"]]
    data = "\r\n".join(delimiter.join(row) for row in rows).encode(encoding)
    table = read_table(data, "list.csv")
    assert table.rows == rows
    assert table.delimiter == delimiter
    assert table.encoding == encoding
    assert table.encoding_sure is (encoding[:3] == "utf")
    assert "•ü••••" in table.umlauts


@pytest.mark.parametrize("word", ["Straße", "Weiß", "Jäger", "Überall", "Königsdörfer", "René", "Öztürk", "Süß"])
def test_one_word_is_enough_to_tell_the_encoding(word: str) -> None:
    for encoding in ("cp1252", "cp850"):
        assert find_encoding(f"{word};Tel\n".encode(encoding)) == (encoding, False)


def test_the_preview_of_umlauts_shows_no_name() -> None:
    table = read_table("Name;Tel\nMüllerßohn;030\nÄnne;031\n".encode("cp1252"), "list.csv")
    assert table.umlauts == ("•ü••••ß•••", "Ä•••")


def test_a_person_may_overrule_the_guess() -> None:
    data = "Name;Tel\nM\u00fcller;030\n".encode("cp1252")
    wrong = read_table(data, "list.csv", encoding="cp850")
    assert wrong.rows[1][0] == "M³ller"
    assert read_table(b"a;b,c\n1;2,3\n", "list.csv", delimiter=",").rows == [["a;b", "c"], ["1;2", "3"]]


def test_utf_16_without_its_mark_is_still_read() -> None:
    table = read_table("Name;Tel\nM\u00fcller;030\n".encode("utf-16-le"), "list.csv")
    assert (table.rows[1], table.encoding_sure) == (["Müller", "030"], False)


def test_ragged_rows_stay_as_written_and_are_never_padded() -> None:
    assert read_table(b"a;b\n1;2;3\n\n4\n", "list.csv").rows == [["a", "b"], ["1", "2", "3"], [], ["4"]]


def test_the_hint_of_excel_names_the_separator() -> None:
    assert read_table(b"sep=,\na;x,b\n1,2\n", "list.csv").delimiter == ","


def test_line_breaks_in_a_quoted_cell_are_kept_and_rows_counted_as_a_spreadsheet_does() -> None:
    table = read_table(b'a;b\n1;"x\ny"\n2;z\n', "list.csv")
    assert table.rows == [["a", "b"], ["1", "x\ny"], ["2", "z"]]


@pytest.mark.parametrize(
    "data",
    [b'a;b\n1;"2\n3;4\n5;6\n', b'a;b\n1;"2\n3;4\n5;6"\n', b'a;b\n1;"2\n3;4\n5;"6"\n', b'a;b\n1;"2" x\n3;4\n'],
)
def test_an_unclosed_quote_swallows_no_rows(data: bytes) -> None:
    assert "2" in refusal(data, "list.csv").what


def test_a_row_with_nul_or_a_huge_cell_is_named_and_emptied() -> None:
    rows = "".join(f"{k};good\n" for k in range(60))
    data = f"a;b\n{rows}x\x00;y\n{'z' * (MOST_CHARACTERS + 1)};w\n{'z' * 200_000};w\n".encode()
    table = read_table(data, "list.csv")
    assert table.broken == {62: "nul", 63: "cell_too_long", 64: "cell_too_long"}
    assert table.row(62) == table.row(63) == ["", ""]
    assert table.row(61) == ["59", "good"]


def test_what_is_no_table_is_refused() -> None:
    draw = random.Random(3)
    for data in (
        b"",
        draw.randbytes(50_000),
        b"\x89PNG\r\n\x1a\n" + draw.randbytes(9000),
        b"PK\x03\x04" + draw.randbytes(999),
    ):
        refusal(data, "list.csv")


def test_a_table_without_end_is_refused() -> None:
    assert "200000" in refusal(b"a;b\n" * 200_001, "list.csv").what
    assert "200" in refusal(b"a;" * 300 + b"\n", "list.csv").what


@given(st.binary(max_size=400))
@hypothesis_settings(max_examples=150)
def test_no_bytes_whatever_break_the_parser(data: bytes) -> None:
    code = ""
    try:
        _, rows = parse(data, Order(sheet="", encoding="", delimiter="", cpu_seconds=5))
        assert all(isinstance(cell, str) for row in rows for cell in row)
    except Unreadable as refused:
        code = refused.failure.code
    assert code in {"", *tables._FAILURES}


# workbooks


def test_cells_of_a_workbook_become_text_as_a_person_sees_them() -> None:
    data = workbook([], B3="Tel", C3="Tag", B4=493915550123, C4=date(2026, 6, 3), B5="030 1", C5=1.5, B6=True)
    table = read_table(data, "list.xlsx")
    assert table.rows[2:] == [
        ["", "Tel", "Tag"],
        ["", "493915550123", "2026-06-03"],
        ["", "030 1", "1.5"],
        ["", "TRUE", ""],
    ]
    assert table.rows[:2] == [["", "", ""]] * 2


def test_words_that_look_like_nothing_stay() -> None:
    rows = [["Name", "Tel"], ["Null", "NA"], ["None", "nan"], ["N/A", "0301"]]
    assert read_table(workbook([list(row) for row in rows]), "list.xlsx").rows == rows
    assert read_table("\n".join(";".join(r) for r in rows).encode(), "list.csv").rows == rows


def test_formulas_are_found_where_they_stand() -> None:
    data = workbook([["a", "b"], ["x", "y"]], B2="=1+1", A7='=HYPERLINK("http://x","y")')
    assert read_table(data, "list.xlsx").formulas == {(2, 1), (7, 0)}


def test_formulas_outside_the_cells_do_not_count_and_hidden_ones_do() -> None:
    extension = b'<extLst><ext><x14:cf xmlns:x14="x" xmlns:xm="y"><xm:f>A1</xm:f></x14:cf></ext></extLst>'
    plain = workbook([["a", "b"]])
    assert read_table(with_sheet_xml(plain, b"</worksheet>", [extension]), "list.xlsx").formulas == frozenset()
    hidden = b'<row r="9"><c r="A9"><v>1</v><f>1+1</f></c></row>'
    refusal(with_sheet_xml(plain, b"</sheetData>", [hidden]))


def test_sheets_can_be_chosen() -> None:
    book = Workbook()
    assert book.active is not None
    book.active.title = "Leer"
    book.create_sheet("Liste & mehr").append(["a", "=1"])
    book.create_sheet("Drei").append(["b"])
    data = io.BytesIO()
    book.save(data)
    table = read_table(data.getvalue(), "list.xlsx")
    assert (table.sheet, table.sheets) == ("Liste & mehr", ("Liste & mehr", "Drei"))
    assert table.formulas == {(1, 1)}
    assert read_table(data.getvalue(), "list.xlsx", sheet="Drei").rows == [["b"]]
    with pytest.raises(Problem, match="sheet"):
        read_table(data.getvalue(), "list.xlsx", sheet="Vier")


def test_one_cell_at_the_end_of_the_world_is_refused() -> None:
    assert "200000" in refusal(workbook([["a", "b"]], XFD1048576="x")).what
    assert "200" in refusal(workbook([["a", "b"]], XFD3="x")).what


def test_entities_are_not_expanded_and_no_file_is_fetched() -> None:
    laughs = b'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>'
    outside = b'<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]>'
    for declaration in (laughs, outside):
        for member in ("xl/worksheets/sheet1.xml", "xl/styles.xml", "xl/workbook.xml"):
            data = with_sheet_xml(workbook([["a", "b"]]), b"<", [declaration], member=member)
            assert "XML" in refusal(data).what


def test_a_damaged_workbook_is_refused() -> None:
    data = bytearray(workbook([["a", "b"]] * 50))
    data[len(data) // 3] ^= 0xFF
    refusal(bytes(data))
    refusal(bytes(data[: len(data) // 2]))


def lying(data: bytes) -> bytes:
    """Return the archive with every large size declared as 5,000 bytes."""
    changed = bytearray(data)
    for signature, offset in ((b"PK\x01\x02", 24), (b"PK\x03\x04", 22)):
        at = changed.find(signature)
        while at >= 0:
            if struct.unpack_from("<I", changed, at + offset)[0] > 10**7:
                struct.pack_into("<I", changed, at + offset, 5000)
            at = changed.find(signature, at + 4)
    return bytes(changed)


@pytest.mark.parametrize("kind", ["honest", "lying", "far cell", "unclosed quote", "huge cell"])
def test_a_hostile_file_costs_under_five_seconds_and_300_megabytes(kind: str, tmp_path: Path) -> None:
    files = {
        "honest": lambda: bomb(400),
        "lying": lambda: lying(bomb(400)),
        "far cell": lambda: workbook([["a", "b"]], XFD1048576="x"),
        "unclosed quote": lambda: b'a;b\n1;"2\n' + b"3;4\n" * 5_000_000,
        "huge cell": lambda: b"a;b\n1;2\n" + b"x" * 30_000_000 + b";3\n",
    }
    path = tmp_path / ("list.csv" if "e" in kind[-3:] else "list.xlsx")
    path.write_bytes(files[kind]())
    program = (
        "import sys, time, resource\n"
        "from pathlib import Path\n"
        "from cati.errors import Problem\n"
        "from cati.files.tables import read_table\n"
        "data = Path(sys.argv[1]).read_bytes()\n"
        "try:\n    print(sorted(read_table(data, 'list').broken.values()))\n"
        "except Problem as problem:\n    print(problem.what)\n"
        # ru_maxrss of a new process begins with what its parent (pytest) held; the kernel's VmHWM begins at nothing.
        "own = next(line.split()[1] for line in open('/proc/self/status') if line.startswith('VmHWM'))\n"
        "child = resource.getrusage(resource.RUSAGE_CHILDREN)\n"
        "print(time.process_time() + child.ru_utime + child.ru_stime, own, child.ru_maxrss)\n"
    )
    root = str(Path(tables.__file__).parents[2])
    done = subprocess.run(
        [sys.executable, "-c", program, str(path)],
        capture_output=True, text=True, check=True, env={**os.environ, "PYTHONPATH": root},
    )  # fmt: skip
    said, figures = done.stdout.strip().splitlines()
    seconds, own, child = map(float, figures.split())
    assert said
    assert seconds < 5
    assert own < 300_000
    assert child < 300_000


def test_a_file_that_takes_too_long_is_given_up() -> None:
    data = b"a;b\n" + b"1;2\n" * 150_000
    with pytest.raises(Problem, match="longer"):
        read_table(data, "list.csv", seconds=0.001)  # by the clock: nobody starts a child so fast


def test_a_file_that_takes_too_much_of_the_processor_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "PATIENCE", 10_000.0)
    with pytest.raises(Problem, match="longer"):
        read_table((b"1;2;3;4;5;6;7;8;9;10;" * 9 + b"\n") * 199_000, "list.csv", seconds=0.1)


def test_reading_can_be_cancelled() -> None:
    with pytest.raises(Cancelled):
        read_table(b"a;b\n" * 10_000, "list.csv", cancelled=lambda: True)


def test_the_program_calls_itself_when_it_is_frozen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    assert tables.child_command() == [sys.executable, "--read-table-in-child"]
    monkeypatch.setattr(tables, "child_command", lambda: [sys.executable, "-m", "cati", "--read-table-in-child"])
    assert read_table(b"a;b\n1;2\n", "list.csv").rows == [["a", "b"], ["1", "2"]]


def test_nothing_of_the_list_is_shown_when_a_table_is_printed() -> None:
    table = Table(name="list.csv", rows=[["Geheim", "030"]], umlauts=("Ä•",))
    assert "Geheim" not in repr(table)


def test_the_child_writes_no_file_and_knows_no_window() -> None:
    program = (
        "import sys, tempfile\n"
        "from cati.files import table_child, delimited, workbooks\n"
        "assert not [m for m in sys.modules if m.startswith(('PySide6', 'pandas', 'sqlalchemy', 'cati.text'))]\n"
        "table_child.limit_this_process(5)\n"
        "try:\n    open(tempfile.gettempdir() + '/cati-child-test', 'w').write('x' * 100)\n"
        "except OSError:\n    print('refused')\n"
    )
    root = str(Path(tables.__file__).parents[2])
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": root},
    )
    assert done.stdout.strip() == "refused"
