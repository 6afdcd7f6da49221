"""A received file opens with the right secret only, unaltered only, and only when its container protects at all."""

from __future__ import annotations

import hashlib
import io
import os
import struct
import subprocess
import sys
import time
import zipfile
import zlib
from datetime import UTC, datetime

import msoffcrypto
import openpyxl
import pytest
import pyzipper
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7
from cryptography.x509.oid import NameOID
from msoffcrypto.method.ecma376_agile import ECMA376Agile

from cati.errors import Problem
from cati.vault import age_files
from cati.vault.containers import LARGEST, Needs, NeedsSecret, needs_password, open_container

WORD = "Rüben im Keller 12"
CSV = "Name;Telefon\nMüller;0391 5550123\n".encode() * 20


def workbook() -> bytes:
    book, out = openpyxl.Workbook(), io.BytesIO()
    book.active.append(["Name", "Telefon"])
    book.active.append(["Müller", "0391 5550123"])
    book.save(out)
    return out.getvalue()


def excel(rounds: int = 100_000) -> bytes:
    return ECMA376Agile.encrypt(WORD, io.BytesIO(workbook()), spin_count=rounds)


def seven_zip(folder, *options: str, files: dict[str, bytes] | None = None, name: str = "list.zip") -> bytes:
    for member, content in (files or {"liste.csv": CSV}).items():
        (folder / member).write_bytes(content)
    subprocess.run(
        ["7z", "a", *options, name, *(files or {"liste.csv": CSV})], cwd=folder, check=True, capture_output=True
    )
    return (folder / name).read_bytes()


def python_zip(content: bytes = CSV, *, bits: int = 256, member: str = "liste.csv") -> bytes:
    out = io.BytesIO()
    with pyzipper.AESZipFile(out, "w", compression=zipfile.ZIP_DEFLATED) as archive:
        archive.setpassword(WORD.encode())
        archive.setencryption(pyzipper.WZ_AES, nbits=bits)
        archive.writestr(member, content)
    return out.getvalue()


def plain_zip(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


def test_age_to_the_studys_key():
    identity, recipient = age_files.new_identity()
    sealed = age_files.seal_to([recipient], CSV)
    assert needs_password(sealed) == Needs.IDENTITY
    opened = open_container(sealed, "liste.csv.age", identity=identity, password=None)
    assert (opened.data, opened.name, opened.container) == (CSV, "liste.csv", "age")
    assert opened.sha256 == hashlib.sha256(sealed).hexdigest()
    assert "Müller" not in repr(opened)
    with pytest.raises(NeedsSecret):
        open_container(sealed, "liste.csv.age", identity=None, password=WORD)


def test_age_with_a_passphrase():
    sealed = age_files.seal_with_passphrase(WORD, CSV)
    assert needs_password(sealed) == Needs.PASSWORD
    assert open_container(sealed, "l.age", identity=None, password=WORD).data == CSV
    with pytest.raises(NeedsSecret):
        open_container(sealed, "l.age", identity=None, password="")


def test_excel_with_a_password():
    sealed = excel()
    assert needs_password(sealed) == Needs.PASSWORD
    opened = open_container(sealed, "liste.xlsx", identity=None, password=WORD)
    assert (opened.name, opened.container) == ("liste.xlsx", "excel")
    assert openpyxl.load_workbook(io.BytesIO(opened.data)).active["A2"].value == "Müller"
    with pytest.raises(Problem, match="password does not open"):
        open_container(sealed, "liste.xlsx", identity=None, password=WORD + " ")
    with pytest.raises(NeedsSecret):
        open_container(sealed, "liste.xlsx", identity=None, password=None)


@pytest.mark.parametrize("options", [["-mem=AES256"], ["-mem=AES256", "-mx=0"], ["-mem=AES256", "-mx=9"]])
def test_zip_of_7z_with_aes_256(tmp_path, options):
    sealed = seven_zip(tmp_path, "-tzip", "-pGeheim-im-Keller-12", *options)
    assert needs_password(sealed) == Needs.PASSWORD
    opened = open_container(sealed, "l.zip", identity=None, password="Geheim-im-Keller-12")
    assert (opened.data, opened.name, opened.container) == (CSV, "liste.csv", "zip")
    with pytest.raises(Problem, match="password does not open"):
        open_container(sealed, "l.zip", identity=None, password="geheim-im-keller-12")


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "cp850"])
def test_a_password_with_umlauts_opens_whatever_packer_was_used(encoding):
    out = io.BytesIO()
    with pyzipper.AESZipFile(out, "w", compression=zipfile.ZIP_STORED, encryption=pyzipper.WZ_AES) as archive:
        archive.setpassword(WORD.encode(encoding))
        archive.writestr("liste.csv", CSV)
    assert open_container(out.getvalue(), "l.zip", identity=None, password=WORD).data == CSV
    with pytest.raises(Problem, match="password does not open"):
        open_container(out.getvalue(), "l.zip", identity=None, password="Röben im Keller 12")


def test_a_list_cannot_be_cut_by_changing_the_stated_size():
    sealed = python_zip()
    cut = sealed.replace(struct.pack("<I", len(CSV)), struct.pack("<I", 33))
    assert cut != sealed
    with pytest.raises(Problem, match="altered"):
        open_container(cut, "l.zip", identity=None, password=WORD)
    # The control: the library hands out the first 33 bytes and calls them whole.
    with pyzipper.AESZipFile(io.BytesIO(cut)) as archive:
        assert archive.read("liste.csv", pwd=WORD.encode()) == CSV[:33]


def test_7z_opens_the_zip_files_that_these_tests_make(tmp_path):
    (tmp_path / "l.zip").write_bytes(python_zip())
    ran = subprocess.run(["7z", "e", "-so", f"-p{WORD}", "l.zip"], cwd=tmp_path, capture_output=True, check=True)
    assert ran.stdout == CSV


def test_plain_tables_pass_as_they_are(tmp_path):
    for data, name in (
        (CSV, "l.csv"),
        (workbook(), "l.xlsx"),
        (b"", "l.csv"),
        ("Größe;Zahl\n".encode("cp1252"), "l.csv"),
    ):
        assert needs_password(data) == Needs.NOTHING
        opened = open_container(data, name, identity=None, password=WORD)
        assert (opened.data, opened.name, opened.container) == (data, name, "plain")
    ods = plain_zip({"mimetype": b"application/vnd.oasis.opendocument.spreadsheet", "content.xml": b"<a/>"})
    assert needs_password(ods) == Needs.NOTHING


def test_plain_tables_in_old_encodings_are_not_taken_for_openpgp():
    for first in range(0x80, 0x100):
        assert needs_password(bytes([first]) + b"sterreich;Telefon\r\nA;0391\r\n") == Needs.NOTHING
    assert needs_password("Name;Ort\n".encode("utf-16")) == Needs.NOTHING


def test_a_sealed_workbook_inside_a_sealed_file_opens_with_the_same_password(tmp_path):
    """What federal advice tells offices to do: a password on the table, and the table in an encrypted zip."""
    sealed = python_zip(excel(), member="liste.xlsx")
    opened = open_container(sealed, "l.zip", identity=None, password=WORD)
    assert (opened.name, opened.container) == ("liste.xlsx", "zip")
    assert openpyxl.load_workbook(io.BytesIO(opened.data)).active["A2"].value == "Müller"
    identity, recipient = age_files.new_identity()
    in_age = age_files.seal_to([recipient], excel())
    opened = open_container(in_age, "l.xlsx.age", identity=identity, password=WORD)
    assert (opened.name, opened.container) == ("l.xlsx", "age")
    assert openpyxl.load_workbook(io.BytesIO(opened.data)).active["A2"].value == "Müller"
    with pytest.raises(NeedsSecret):
        open_container(in_age, "l.xlsx.age", identity=identity, password=None)
    thrice = python_zip(python_zip(python_zip(), member="b.zip"), member="a.zip")
    with pytest.raises(Problem, match="inside each other"):
        open_container(thrice, "l.zip", identity=None, password=WORD)


def test_weak_zip_encryption_is_refused(tmp_path):
    weak = seven_zip(tmp_path, "-tzip", "-pGeheim-im-Keller-12", "-mem=ZipCrypto")
    with pytest.raises(Problem, match="weak method"):
        open_container(weak, "l.zip", identity=None, password="Geheim-im-Keller-12")
    for bits in (128, 192):
        with pytest.raises(Problem, match="weak method"):
            open_container(python_zip(bits=bits), "l.zip", identity=None, password=WORD)
    # The control: the library itself would have opened ZipCrypto.
    with pyzipper.AESZipFile(io.BytesIO(weak)) as archive:
        assert archive.read("liste.csv", pwd=b"Geheim-im-Keller-12") == CSV


def test_zip_files_without_encryption_or_with_several_members_are_refused(tmp_path):
    with pytest.raises(Problem, match="not encrypted"):
        open_container(plain_zip({"liste.csv": CSV}), "l.zip", identity=None, password=WORD)
    two = seven_zip(tmp_path, "-tzip", "-mem=AES256", "-pKeller12", files={"a.csv": CSV, "b.csv": CSV})
    with pytest.raises(Problem, match="2 entries"):
        open_container(two, "l.zip", identity=None, password=WORD)
    with pytest.raises(Problem, match="0 entries"):
        open_container(plain_zip({}), "l.zip", identity=None, password=WORD)
    mixed = io.BytesIO(python_zip())
    with zipfile.ZipFile(mixed, "a") as archive:
        archive.writestr("b.csv", CSV)
    with pytest.raises(Problem, match="2 entries"):
        open_container(mixed.getvalue(), "l.zip", identity=None, password=WORD)


@pytest.mark.parametrize("form", [Encoding.DER, Encoding.PEM, Encoding.SMIME])
def test_encrypted_mail_is_refused(form):
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "office")])
    year = datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(year[0])
        .not_valid_after(year[1])
        .sign(key, hashes.SHA256())
    )
    sealed = pkcs7.PKCS7EnvelopeBuilder().set_data(CSV).add_recipient(certificate).encrypt(form, [])
    with pytest.raises(Problem, match="S/MIME"):
        open_container(sealed, "l.p7m", identity=None, password=WORD)


@pytest.mark.parametrize(
    "start",
    [
        "8c0d04090302c1e5f1d0a6b1d1b0ffd2",  # gpg -c
        "85020c03b3a1f0c2d4e5f60701100fff",  # gpg -e, RSA
        "845e03b3a1f0c2d4e5f6071201074031",  # gpg -e, curve 25519
        "c1c04c03b3a1f0c2d4e5f60701080080",  # the newer form of packets
    ],
)
def test_openpgp_files_are_refused(start):
    with pytest.raises(Problem, match="OpenPGP"):
        open_container(bytes.fromhex(start) + os.urandom(600), "l.gpg", identity=None, password="x")


def test_armoured_openpgp_and_other_archives_are_refused(tmp_path):
    with pytest.raises(Problem, match="OpenPGP"):
        open_container(b"-----BEGIN PGP MESSAGE-----\n\njA0ECQMC", "l.asc", identity=None, password="x")
    for data in (seven_zip(tmp_path, "-t7z", "-pKeller12", name="l.7z"), b"Rar!\x1a\x07\x01\x00" + bytes(99)):
        with pytest.raises(Problem, match="kind of archive"):
            open_container(data, "l.7z", identity=None, password=WORD)


def test_sealed_opendocument_is_refused_with_advice():
    manifest = b'<manifest:manifest><manifest:encryption-data manifest:checksum="x"/></manifest:manifest>'
    sealed = plain_zip(
        {"mimetype": b"application/vnd.oasis.opendocument.spreadsheet", "META-INF/manifest.xml": manifest}
    )
    with pytest.raises(Problem, match="OpenDocument"):
        needs_password(sealed)
    with pytest.raises(Problem, match="OpenDocument"):
        needs_password(plain_zip({"mimetype": b"x", "encrypted-package": b"y"}))


def _info_changed(sealed: bytes, old: bytes, new: bytes) -> bytes:
    assert len(old) == len(new)
    assert sealed.count(old) >= 1
    return sealed.replace(old, new)


def test_weak_or_hostile_excel_parameters_are_refused():
    sealed = excel()
    standard = _info_changed(sealed, b"\x04\x00\x04\x00\x40\x00\x00\x00<?xml", b"\x04\x00\x02\x00\x24\x00\x00\x00<?xml")
    with pytest.raises(Problem, match="too weak"):
        needs_password(standard)
    with pytest.raises(Problem, match="too weak"):
        open_container(excel(1000), "l.xlsx", identity=None, password=WORD)
    started = time.monotonic()
    endless = _info_changed(sealed, b'spinCount="100000" saltSize="16"', b'spinCount="9999999" saltSize="6"')
    with pytest.raises(Problem, match="too weak"):
        open_container(endless, "l.xlsx", identity=None, password=WORD)
    assert time.monotonic() - started < 5
    bomb = _info_changed(sealed, b"<keyEncryptors>", b"<!DOCTYPE a ><x")
    with pytest.raises(Problem, match="altered"):
        needs_password(bomb)


def test_an_old_workbook_with_a_password_is_refused_and_one_without_is_plain(tmp_path):
    def records(*parts: tuple[int, bytes]) -> bytes:
        return b"".join(struct.pack("<HH", number, len(body)) + body for number, body in parts).ljust(4096, b"\0")

    start = (0x0809, bytes(16))
    old = _ole("Workbook", records(start, (0x002F, bytes(54)), (0x000A, b"")))
    with pytest.raises(Problem, match="too weak"):
        needs_password(old)
    assert needs_password(_ole("Workbook", records(start, (0x000A, b"")))) == Needs.NOTHING
    with pytest.raises(Problem, match="not a table"):
        needs_password(_ole("WordDocument", records(start)))


def _ole(stream: str, content: bytes) -> bytes:
    """Return a compound file with one stream of 4,096 bytes: header, allocation table, directory, eight sectors."""
    assert len(content) == 4096
    free, end, table = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6)
    header += struct.pack("<IIIIIIIII", 0, 1, 1, 0, 4096, end, 0, end, 0) + struct.pack("<109I", 0, *[free] * 108)
    chain = [table, end, *range(3, 10), end]
    sectors = struct.pack("<128I", *chain, *[free] * (128 - len(chain)))

    def entry(name: str, sort: int, child: int, start: int, size: int) -> bytes:
        text = (name + "\0").encode("utf-16-le")
        return text.ljust(64, b"\0") + struct.pack(
            "<HBBIII16sIQQIQ", len(text), sort, 1, free, free, child, bytes(16), 0, 0, 0, start, size
        )

    directory = entry("Root Entry", 5, 1, end, 0) + entry(stream, 2, free, 2, 4096)
    directory += struct.pack("<H", 0).rjust(66, b"\0").ljust(128, b"\0") * 2
    return header + sectors + directory + content


def test_altered_content_never_gets_through_zip(flips):
    sealed = python_zip()
    start = 30 + len("liste.csv") + 11  # local header, name, AES field
    body = len(sealed) - sealed[::-1].index(b"PK\x01\x02"[::-1]) - 4
    for altered in flips(sealed, 300, start, body):
        with pytest.raises(Problem):
            open_container(altered, "l.zip", identity=None, password=WORD)
    refused = 0
    for altered in flips(sealed, 700):
        try:
            assert open_container(altered, "l.zip", identity=None, password=WORD).data == CSV
        except Problem:
            refused += 1
    assert refused > 350
    for cut in (1, 30, 60, 100, len(sealed) - 1):
        with pytest.raises(Problem):
            open_container(
                sealed[:cut] if cut > 30 else b"PK\x03\x04" + sealed[4:cut], "l.zip", identity=None, password=WORD
            )


def test_altered_content_never_gets_through_excel(flips):
    sealed = excel(50_000)
    whole = open_container(sealed, "l.xlsx", identity=None, password=WORD).data
    refused = 0
    for altered in flips(sealed, 30):
        try:
            assert open_container(altered, "l.xlsx", identity=None, password=WORD).data == whole
        except Problem:
            refused += 1
    with msoffcrypto.olefile.OleFileIO(io.BytesIO(sealed)) as ole:
        package = ole.openstream("EncryptedPackage").read()
    at = sealed.index(package[:512])
    loose = 0
    for altered in flips(sealed, 15, at, at + 512):
        with pytest.raises(Problem):
            open_container(altered, "l.xlsx", identity=None, password=WORD)
        office, out = msoffcrypto.OfficeFile(io.BytesIO(altered)), io.BytesIO()
        office.load_key(password=WORD)
        try:  # the control: without the integrity check the library hands out altered bytes
            office.decrypt(out)
            loose += out.getvalue() != whole
        except Exception:  # noqa: BLE001, S110 - some break the zip inside, which the library notices
            pass
    assert loose > 0
    with pytest.raises(Problem):
        open_container(sealed[: len(sealed) // 2], "l.xlsx", identity=None, password=WORD)


def test_bombs_are_refused_before_they_unfold():
    started = time.monotonic()
    bomb = python_zip(bytes(LARGEST + 1))
    assert len(bomb) < 1024 * 1024
    with pytest.raises(Problem, match="larger than 64 MB"):
        open_container(bomb, "l.zip", identity=None, password=WORD)
    size = struct.pack("<I", LARGEST + 1)
    liar = bomb.replace(size, struct.pack("<I", 1000))  # says that it is small
    assert liar != bomb
    with pytest.raises(Problem):
        open_container(liar, "l.zip", identity=None, password=WORD)
    with pytest.raises(Problem, match="larger than 64 MB"):
        open_container(bytes(LARGEST + 1), "l.csv", identity=None, password=None)
    end = b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, 9, 9, 2**31, 0, 0)
    with pytest.raises(Problem, match="larger than 64 MB"):
        open_container(b"PK\x03\x04" + bytes(100) + end, "l.zip", identity=None, password=WORD)
    assert time.monotonic() - started < 5


def test_unusual_compression_is_refused(tmp_path):
    sealed = seven_zip(tmp_path, "-tzip", "-mem=AES256", "-pKeller12", "-mm=LZMA")
    with pytest.raises(Problem, match="unusual way"):
        open_container(sealed, "l.zip", identity=None, password=WORD)


@pytest.mark.parametrize(
    "start", [b"PK\x03\x04", b"PK\x05\x06", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", age_files.HEADER, age_files.ARMOUR]
)
def test_rubbish_behind_a_known_beginning_is_a_problem_and_no_crash(start):
    identity = age_files.new_identity()[0]
    for length in (0, 1, 30, 600, 5000):
        rubbish = start + zlib.compress(os.urandom(16))[:1] + os.urandom(length)
        with pytest.raises(Problem):
            open_container(rubbish, "l", identity=identity, password=WORD)


def test_a_member_with_a_path_gives_its_name_only():
    opened = open_container(python_zip(member="..\\..\\evil/liste.csv"), "l.zip", identity=None, password=WORD)
    assert opened.name == "liste.csv"


_OPENS = """
import sys
from pathlib import Path
from cati.vault.containers import open_container
for name in sys.argv[3:]:
    opened = open_container(Path(name).read_bytes(), name, identity=sys.argv[1], password=sys.argv[2])
    assert b"Canary" in opened.data, name
"""


def _written(folder, program: str, *arguments: str) -> str:
    """Run a program and return every system call in which it or a child of it wrote or opened something."""
    log = folder / "calls"
    calls = "trace=write,writev,pwrite64,pwritev,pwritev2,sendto,sendmsg,mmap"
    subprocess.run(
        ["strace", "-f", "-s", "100000", "-e", calls, "-o", log, sys.executable, "-c", program, *arguments],
        check=True,
        capture_output=True,
    )
    return log.read_text("utf-8", errors="replace")


def test_an_opened_list_is_never_written_anywhere(tmp_path):
    identity, recipient = age_files.new_identity()
    table = b"Name;Telefon\nCanary-Moewe;0391 5550123\n" * 20
    (tmp_path / "l.csv.age").write_bytes(age_files.seal_to([recipient], table))
    (tmp_path / "l.zip").write_bytes(python_zip(table))
    (tmp_path / "l.csv").write_bytes(table)
    files = [str(tmp_path / name) for name in ("l.csv.age", "l.zip", "l.csv")]
    assert "Canary" not in _written(tmp_path, _OPENS, identity, WORD, *files)
    # The control: one temporary file, written and deleted at once, is seen.
    leaky = _OPENS + "import tempfile; tempfile.TemporaryFile().write(opened.data)"
    assert "Canary" in _written(tmp_path, leaky, identity, WORD, *files)
