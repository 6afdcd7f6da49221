"""Functions on texts and on lists of choices, with the results JavaRosa gives."""

from __future__ import annotations

import base64
import binascii
import hashlib
import math
import re

from cati.survey.patterns import matches
from cati.survey.values import Value, as_number, as_text

_SPACES = re.compile(r"[ \t\r\n]+")
_DIGESTS = {"MD5": "md5", "SHA-1": "sha1", "SHA-256": "sha256", "SHA-384": "sha384", "SHA-512": "sha512"}


def texts(values: tuple[Value, ...]) -> list[str]:
    """Return the texts of arguments, those of sets one by one."""
    return [text for value in values for text in (value if isinstance(value, tuple) else (as_text(value),))]


def selected(value: Value, name: Value) -> bool:
    """Return whether a choice is among those chosen; in an empty answer only the empty choice is."""
    return f" {as_text(name).strip()} " in f" {as_text(value)} "


def selected_at(value: Value, at: Value) -> str:
    """Return the choice at a place, counted from 0; "" where there is none."""
    return _at(as_text(value).split(), at)


def _at(parts: list[str], at: Value) -> str:
    index = as_number(at)
    return parts[int(index)] if not math.isnan(index) and 0 <= int_of(at) < len(parts) else ""


def int_of(value: Value) -> int:
    """Return Java's intValue(): cut behind the point, 0 for no number, the bounds of 32 bits for what is beyond."""
    number = as_number(value)
    if math.isnan(number):
        return 0
    return int(max(-(2.0**31), min(2.0**31 - 1, number)))


def count_selected(value: Value) -> float:
    """Return how many choices are chosen."""
    return float(len(as_text(value).split()))


def substr(value: Value, start: Value, end: Value | None = None) -> str:
    """Return the signs from one place up to another, counted from 0; below 0 from the end, as JavaRosa has it."""
    text = as_text(value)
    size = len(text)
    first, last = int_of(start), size if end is None else int_of(end)
    first = min(max(0, first + size if first < 0 else first), size)
    last = min(max(0, last + size if last < 0 else last), size)
    return text[first:last]


def substring(value: Value, start: Value, length: Value | None = None) -> str:
    """Return so many signs from the n-th on, counted from 1 and rounded, as XPath has it."""
    text = as_text(value)
    first = _half_up(as_number(start))
    end = math.inf if length is None else first + _half_up(as_number(length))
    return "".join(sign for at, sign in enumerate(text, 1) if first <= at < end)


def _half_up(number: float) -> float:
    return math.floor(number + 0.5) if math.isfinite(number) else number


def before(value: Value, mark: Value) -> str:
    """Return what stands before the first mark, "" when there is none."""
    text, sought = as_text(value), as_text(mark)
    return text[: text.index(sought)] if sought in text else ""


def after(value: Value, mark: Value) -> str:
    """Return what stands behind the first mark, "" when there is none."""
    text, sought = as_text(value), as_text(mark)
    return text[text.index(sought) + len(sought) :] if sought in text else ""


def normalised(value: Value) -> str:
    """Return the text with one space between words."""
    return _SPACES.sub(" ", as_text(value)).strip(" ")


def translated(value: Value, old: Value, new: Value) -> str:
    """Return the text with each of the old signs replaced by the new one at its place, or left out."""
    signs, others = as_text(old), as_text(new)
    table = {ord(sign): others[at] if at < len(others) else None for at, sign in reversed(list(enumerate(signs)))}
    return as_text(value).translate(table)


def joined(separator: Value, *values: Value) -> str:
    """Return the texts with a separator between them; one of several arguments that is off the path is empty."""
    if len(values) > 1:
        values = tuple("" if value == () else value for value in values)
    return as_text(separator).join(texts(values))


def regex(value: Value, pattern: Value) -> bool:
    """Return whether the whole text fits a pattern in Java's notation."""
    return matches(as_text(pattern), as_text(value))


def digest(value: Value, method: Value, encoding: Value = "base64") -> str:
    """Return a text's digest, in base64 unless "hex" is asked; "" for a method that ODK does not have."""
    name = _DIGESTS.get(as_text(method).strip().upper())
    if name is None:
        return ""
    found = hashlib.new(name, as_text(value).encode(), usedforsecurity=False).digest()
    return found.hex() if as_text(encoding).strip().lower() == "hex" else base64.b64encode(found).decode()


def hashed(*values: Value) -> str:
    """Return a short digest of all values (SurveyCTO's hash()): it tells whether anything changed."""
    return hashlib.sha256("\x1f".join(texts(values)).encode()).hexdigest()[:16]


def base64_decoded(value: Value) -> str:
    """Return the text that is written in base64, "" when it is not."""
    text = as_text(value).strip()
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4)).decode("utf-8", "replace")
    except (ValueError, binascii.Error):
        return ""


def grouped(value: Value) -> str:
    """Return a number with a narrow blank between thousands that every language reads (SurveyCTO: format-number())."""
    whole, point, rest = as_text(value).partition(".")
    sign, digits = ("-", whole[1:]) if whole.startswith("-") else ("", whole)
    return f"{sign}{int(digits):,}".replace(",", "\u202f") + point + rest if digits.isdecimal() else as_text(value)


# Lists kept in one text, as SurveyCTO has them: a separator comes first


def de_duplicate(separator: Value, values: Value | None = None) -> str:
    """Return a list without repetitions; with one argument a list of choices."""
    if values is None:
        return " ".join(dict.fromkeys(as_text(separator).split()))
    return as_text(separator).join(dict.fromkeys(_items(separator, values)))


def item_at(separator: Value, values: Value, at: Value | None = None) -> str:
    """Return an item of a list by its place, counted from 0; with two arguments of a list of choices."""
    return selected_at(separator, values) if at is None else _at(_items(separator, values), at)


def count_items(separator: Value, values: Value) -> float:
    """Return how many items a list has."""
    return float(len(_items(separator, values)))


def item_index(separator: Value, values: Value, item: Value) -> float:
    """Return the place of an item in a list, counted from 0; -1 when it is not in it."""
    listed, sought = _items(separator, values), as_text(item)
    return float(listed.index(sought)) if sought in listed else -1.0


def item_present(separator: Value, values: Value, item: Value) -> bool:
    """Return whether an item is in a list."""
    return as_text(item) in _items(separator, values)


def _items(separator: Value, values: Value) -> list[str]:
    if isinstance(values, tuple):
        return list(values)
    text, mark = as_text(values), as_text(separator)
    if not text:
        return []
    return text.split(mark) if mark else list(text)
