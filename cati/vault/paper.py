"""The seal on paper: lines of characters that a person can type again, each with check characters of its own."""

from __future__ import annotations

import hashlib
import unicodedata

from cati.errors import Problem
from cati.text import tr
from cati.vault.seal_file import Seal, seal_body, seal_of_body
from cati.vault.sealing import PAPER

# Crockford's: no I, L, O, U, so that nothing looks like a digit.
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LOOKS_LIKE = str.maketrans("ILO", "110")
_LINE = 8
_CHECK = 2
_LAST_CHECK_BYTES = 5


def paper_copy(seal: Seal) -> list[str]:
    """Return the seal as 14 numbered lines, "01 ABCD EFGH KM": eight characters and two check characters.

    The last line checks the whole. See FORMATS.md.
    """
    body = PAPER + seal_body(seal)
    body += hashlib.sha256(b"cati paper" + body).digest()[:_LAST_CHECK_BYTES]
    digits = _digits(body)
    lines = []
    for number, at in enumerate(range(0, len(digits), _LINE), start=1):
        line = digits[at : at + _LINE]
        text = "".join(ALPHABET[digit] for digit in (*line, *_check(number, line)))
        lines.append(f"{number:02} {text[:4]} {text[4:8]} {text[8:]}")
    return lines


def seal_from_paper(text: str) -> Seal:
    """Return the seal from what was typed (case, spaces, I/1, O/0 do not matter); raises Problem naming the line."""
    digits: list[int] = []
    typed = [line for line in text.splitlines() if line.strip()]
    for number, line in enumerate(typed, start=1):
        characters = _characters(line)
        if characters[:2] == f"{number:02}" and len(characters) == 2 + _LINE + _CHECK:
            characters = characters[2:]
        values = [ALPHABET.find(character) for character in characters]
        whole = len(values) == _LINE + _CHECK and min(values) >= 0
        if not whole or _check(number, values[:_LINE]) != tuple(values[_LINE:]):
            raise Problem(
                tr("Paper copy of the seal"),
                tr("Line {number} is not right.", number=number),
                tr("Compare it with the paper character by character."),
            )
        digits += values[:_LINE]
    body = _bytes(digits)
    head, check = body[:-_LAST_CHECK_BYTES], body[-_LAST_CHECK_BYTES:]
    if head[:1] != PAPER or hashlib.sha256(b"cati paper" + head).digest()[:_LAST_CHECK_BYTES] != check:
        raise Problem(
            tr("Paper copy of the seal"),
            tr("The lines do not belong together, or one is missing."),
            tr("Type all 14 lines of one sheet in their order."),
        )
    return seal_of_body(head[1:])


def _characters(line: str) -> str:
    """Return what was meant: upper case, no separators, look-alikes read as the digit."""
    plain = unicodedata.normalize("NFKC", line).upper()
    return "".join(character for character in plain if character.isalnum()).translate(_LOOKS_LIKE)


def _digits(data: bytes) -> list[int]:
    """Split bytes into numbers of five bits, highest first."""
    value, length = int.from_bytes(data, "big"), len(data) * 8 // 5
    return [(value >> 5 * (length - 1 - at)) & 31 for at in range(length)]


def _bytes(digits: list[int]) -> bytes:
    """Join numbers of five bits."""
    value = 0
    for digit in digits:
        value = value << 5 | digit
    return value.to_bytes(max(len(digits) * 5 // 8, 1), "big")


def _check(number: int, line: list[int]) -> tuple[int, int]:
    """Return two check values: a Reed-Solomon code over GF(32) in which the line's number is the first symbol.

    Any one or two wrong characters and any two characters exchanged are found, and so is a line in another's place.
    """
    plain = weighted = 0
    for digit in (number, *line):
        weighted = _double(weighted) ^ digit
        plain ^= digit
    return plain, weighted


def _double(value: int) -> int:
    """Multiply by x in GF(32), modulo x^5 + x^2 + 1."""
    value <<= 1
    return value ^ 0b100101 if value & 32 else value
