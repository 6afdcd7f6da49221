"""Workbooks of LibreOffice (.ods) and of old Excel (.xls), made by hand byte for byte, with their formulas."""

from __future__ import annotations

import io
import struct
import zipfile

import pytest

from cati.errors import Problem
from cati.files.tables import read_table

ODS_HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?><office:document-content '
    'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
    'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" '
    'xmlns:of="urn:oasis:names:tc:opendocument:xmlns:of:1.2"><office:body><office:spreadsheet>'
)
ODS_TAIL = "</office:spreadsheet></office:body></office:document-content>"


def ods(body: str, head: str = ODS_HEAD) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", head + body + ODS_TAIL)
        archive.writestr(
            "META-INF/manifest.xml",
            '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>',
        )
    return data.getvalue()


def text_cell(text: str, extra: str = "") -> str:
    return f'<table:table-cell office:value-type="string"{extra}><text:p>{text}</text:p></table:table-cell>'


def test_a_libreoffice_table_is_read_with_its_formulas_and_empty_edges() -> None:
    formula = ' table:formula="of:=1+1"'
    data = ods(
        '<table:table table:name="Liste">'
        f"<table:table-row>{text_cell('Name')}{text_cell('Tel')}</table:table-row>"
        '<table:table-row table:number-rows-repeated="2">'
        '<table:table-cell table:number-columns-repeated="2"/></table:table-row>'
        f"<table:table-row>{text_cell('Müller')}{text_cell('0301', formula)}"
        '<table:table-cell table:number-columns-repeated="1022"/></table:table-row>'
        '<table:table-row table:number-rows-repeated="1048570"><table:table-cell table:number-columns-repeated="1024"/>'
        "</table:table-row></table:table>"
    )
    table = read_table(data, "list.ods")
    assert table.rows == [["Name", "Tel"], ["", ""], ["", ""], ["Müller", "0301"]]
    assert table.formulas == {(4, 1)}
    assert table.sheets == ("Liste",)


@pytest.mark.parametrize(
    "body",
    [
        text_cell("x", ' office:string-value="x" table:number-columns-repeated="16000"'),
        '<table:table-cell table:number-columns-repeated="16000"/>' + text_cell("x"),
    ],
)
def test_a_libreoffice_cell_far_out_is_refused(body: str) -> None:
    with pytest.raises(Problem):
        read_table(
            ods(f'<table:table table:name="L"><table:table-row>{body}</table:table-row></table:table>'), "list.ods"
        )


def test_repeated_rows_of_libreoffice_cannot_fill_the_memory() -> None:
    row = f'<table:table-row table:number-rows-repeated="1048576">{text_cell("x" * 400) * 50}</table:table-row>'
    with pytest.raises(Problem):
        read_table(ods(f'<table:table table:name="L">{row}</table:table>'), "list.ods")


def test_a_libreoffice_table_with_entities_is_refused() -> None:
    with pytest.raises(Problem, match="XML"):
        read_table(ods("", head='<!DOCTYPE x [<!ENTITY a "b">]>' + ODS_HEAD), "list.ods")


def record(kind: int, body: bytes) -> bytes:
    return struct.pack("<HH", kind, len(body)) + body


def label(row: int, column: int, text: str) -> bytes:
    return record(0x0204, struct.pack("<HHHHB", row, column, 0, len(text), 1) + text.encode("utf-16-le"))


def xls(*cells: bytes) -> bytes:
    """Return a compound file with one stream "Workbook" that holds one sheet "Liste" (MS-XLS, BIFF8)."""
    begin = struct.pack("<HHHHII", 0x0600, 0x0005, 0, 0, 0, 0)
    sheet_name = "Liste".encode("latin-1")
    head = record(0x0809, begin)
    bound = record(0x0085, struct.pack("<IHBB", 0, 0, len(sheet_name), 0) + sheet_name)
    end = record(0x000A, b"")
    start = len(head) + len(bound) + len(end)
    bound = record(0x0085, struct.pack("<IHBB", start, 0, len(sheet_name), 0) + sheet_name)
    sheet = record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0010, 0, 0, 0, 0)) + b"".join(cells) + end
    stream = (head + bound + end + sheet).ljust(4096, b"\x00")
    stream += b"\x00" * (-len(stream) % 512)
    sectors = len(stream) // 512
    chain = [0xFFFFFFFD, 0xFFFFFFFE, *range(3, 2 + sectors), 0xFFFFFFFE]
    table = struct.pack(f"<{len(chain)}I", *chain).ljust(512, b"\xff")

    def entry(name: str, kind: int, child: int, first: int, size: int) -> bytes:
        raw = name.encode("utf-16-le") + b"\x00\x00"
        links = struct.pack("<III", 0xFFFFFFFF, 0xFFFFFFFF, child)
        return (
            raw.ljust(64, b"\x00") + struct.pack("<HBB", len(raw), kind, 1) + links
            + b"\x00" * 36 + struct.pack("<IQ", first, size)
        )  # fmt: skip

    folder = entry("Root Entry", 5, 1, 0xFFFFFFFE, 0) + entry("Workbook", 2, 0xFFFFFFFF, 2, len(stream))
    header = (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 16 + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + b"\x00" * 6
        + struct.pack("<IIIIIIIII", 0, 1, 1, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0)
        + struct.pack("<I", 0) + b"\xff" * 432
    )  # fmt: skip
    return header + table + folder.ljust(512, b"\x00") + stream


def test_an_old_excel_table_is_read_with_its_formulas() -> None:
    formula = record(0x0006, struct.pack("<HHHdHIH", 1, 1, 0, 2.0, 0, 0, 3) + b"\x1e\x02\x00")
    data = xls(label(0, 0, "Name"), label(0, 1, "Tel"), label(1, 0, "Müller"), formula)
    table = read_table(data, "list.xls")
    assert table.rows == [["Name", "Tel"], ["Müller", "2"]]
    assert table.formulas == {(2, 1)}
    assert table.sheets == ("Liste",)


def test_an_old_excel_table_cut_in_half_is_refused() -> None:
    data = xls(label(0, 0, "Name"), label(1, 0, "Müller"))
    with pytest.raises(Problem):
        read_table(data[:1500], "list.xls")
