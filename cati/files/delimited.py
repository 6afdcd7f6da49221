"""Tables in text files: encoding and separator found out, rows read strictly and never shifted."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator

from cati.files.table_child import MOST_COLUMNS, Outline, Unreadable

DELIMITERS = (";", ",", "\t", "|")
ENCODINGS = ("utf-8-sig", "utf-16", "cp1252", "cp850", "mac_roman")
"""What a person may choose when the guess was wrong."""

_GERMAN, _NEAR = "äöüÄÖÜß", "éèáàçñøåæëêïôÉÅØ"
_WORD = re.compile(r"[^\W\d_]+")
_CONTROLS = bytes([*range(1, 9), *range(14, 32), 127])
_SAMPLED_BYTES = 2**20
_SAMPLED_ROWS = 60
_SHOWN_WORDS = 12


def read(data: bytes, encoding: str, delimiter: str) -> tuple[Outline, Iterator[list[str]]]:
    """Decode and split a text table; "" finds encoding and delimiter out. Raises Unreadable."""
    sure = True
    if not encoding:
        encoding, sure = find_encoding(data)
    try:
        text = data.decode(encoding)
    except (UnicodeDecodeError, LookupError) as error:
        raise Unreadable("not_decodable") from error
    del data
    text = text.removeprefix("\ufeff")
    delimiter = delimiter or find_delimiter(text)
    outline = Outline(encoding=encoding, encoding_sure=sure, delimiter=delimiter, umlauts=preview(text))
    return outline, _rows(text, delimiter)


def find_encoding(data: bytes) -> tuple[str, bool]:
    """Return Python's name of the encoding and whether it is sure (a mark or valid UTF-8 says so).

    Among the one-byte encodings of German offices the one wins under which most high bytes are
    letters of German inside or beside words; cp1252 when nothing speaks for another.
    """
    if data.startswith(b"\xef\xbb\xbf"):
        return "utf-8-sig", True
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16", True
    sample = data[:_SAMPLED_BYTES]
    wide = _wide_without_mark(sample)
    if wide:
        return wide, False
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return _one_byte_encoding(sample), False
    return "utf-8", True


def _wide_without_mark(sample: bytes) -> str:
    """Return UTF-16's name when every other byte is NUL, "" when few are; raises Unreadable for what is no text."""
    if sample.count(0) > len(sample) // 20:
        if sample[1::2].count(0) > len(sample) // 4:
            return "utf-16-le"
        if sample[::2].count(0) > len(sample) // 4:
            return "utf-16-be"
        raise Unreadable("binary")
    if len(sample.translate(None, _CONTROLS)) < len(sample) * 0.98:
        raise Unreadable("binary")
    return ""


def _one_byte_encoding(sample: bytes) -> str:
    """Return the encoding under which the sample looks most like German."""
    best, best_score = "", -1.0
    for name in ("cp1252", "cp850", "mac_roman"):
        try:
            text = sample.decode(name)
        except UnicodeDecodeError:
            continue
        score = _likeness(text)
        if score > best_score:
            best, best_score = name, score
    return best


def _likeness(text: str) -> float:
    """Return how much of what is not ASCII looks like German: letters expected minus signs nobody types."""
    counted = Counter(re.findall(r"[^\x00-\x7f]", text))
    total = sum(counted.values()) or 1
    score = 0.0
    for sign, n in counted.items():
        if sign in _GERMAN:
            score += n
        elif sign in _NEAR:
            score += 0.6 * n
        elif sign in "–„“”‚‘’€§°´ \u00ad":
            score += 0.3 * n  # typed, but rare in a list of people
        elif not sign.isalpha():
            score -= n
    # A capital inside a word ("MŽller", "MÍller") gives a wrong table away even when the sign is a letter.
    score -= 2 * len(re.findall(r"[a-zäöüß][^\x00-\x7fÄÖÜ](?<=[A-ZÀ-ÞŠŽŸ])[a-zäöüß]", text))
    return score / total


def find_delimiter(text: str) -> str:
    """Return the separator under which the first rows are most alike and wider than one cell."""
    hint = re.match(r'"?sep=(.)"?\r?\n', text, re.IGNORECASE)
    if hint and hint[1] in DELIMITERS:
        return hint[1]
    head = "\n".join(text[:200_000].splitlines()[:_SAMPLED_ROWS])
    best, best_score = ";", 0.0
    for delimiter in DELIMITERS:
        widths: Counter[int] = Counter()
        try:
            for row in csv.reader(io.StringIO(head), delimiter=delimiter):
                widths[len(row)] += 1
        except csv.Error:
            continue
        score = max((alike * (width - 1) ** 0.5 for width, alike in widths.items() if width > 1), default=0.0)
        if score > best_score:
            best, best_score = delimiter, score
    return best


def preview(text: str) -> list[str]:
    """Return different words with letters beyond ASCII, their ASCII letters as dots: enough to judge the encoding."""
    shown: dict[str, None] = {}
    for word in _WORD.finditer(text):
        if not word[0].isascii():
            shown["".join("•" if sign.isascii() else sign for sign in word[0])] = None
            if len(shown) == _SHOWN_WORDS:
                break
    return list(shown)


def _rows(text: str, delimiter: str) -> Iterator[list[str]]:
    """Yield records as written. A quote that swallows rows is found by what no honest cell holds.

    Such a cell holds line breaks and separators at once, or the file ends inside it.
    """
    lines = io.StringIO(text, newline="")
    csv.field_size_limit(2**31 - 1)  # the length of a cell is judged row by row, with its number
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    number = 0
    while True:
        number += 1
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise Unreadable("unclosed_quote", row=number) from error
        if len(row) > MOST_COLUMNS:
            raise Unreadable("too_many_columns", limit=MOST_COLUMNS)
        for cell in row:
            if delimiter in cell and ("\n" in cell or "\r" in cell):
                raise Unreadable("unclosed_quote", row=number)
        yield row
