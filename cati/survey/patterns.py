r"""Patterns of regex(): Java's notation read as Python's, for what differs (\p{L}, [a-z&&[^b]], \Q…\E, (?<name>…))."""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache

import regex

_POSIX = {
    "Lower": "a-z", "Upper": "A-Z", "ASCII": r"\x00-\x7f", "Alpha": "a-zA-Z", "Digit": "0-9", "Alnum": "a-zA-Z0-9",
    "Punct": r"!-/:-@\[-`{-~", "Graph": "!-~", "Print": " -~", "Blank": r" \t", "Cntrl": r"\x00-\x1f\x7f",
    "XDigit": "0-9a-fA-F", "Space": r" \t\n\x0b\f\r",
}  # fmt: skip
_SCRIPTS = {
    "Latin": "LATIN", "Greek": "GREEK", "Cyrillic": "CYRILLIC", "Arabic": "ARABIC", "Hebrew": "HEBREW",
    "Han": "CJK", "Devanagari": "DEVANAGARI", "Thai": "THAI", "Armenian": "ARMENIAN", "Georgian": "GEORGIAN",
    "Hiragana": "HIRAGANA", "Katakana": "KATAKANA", "Hangul": "HANGUL", "Ethiopic": "ETHIOPIC",
}  # fmt: skip
_DOUBLED = frozenset("-~|&")
"""Signs that Python keeps two of in a row for itself."""
LONGEST_SECONDS = 0.2
"""A pattern that tries every way to fail must not hold an interview up."""
_LAST = 0xFFFF
"""Classes are spelt out for the basic plane: nobody answers in hieroglyphs."""


def matches(pattern: str, text: str) -> bool:
    """Return whether the whole text fits the pattern; one that cannot be read or takes too long fits nothing."""
    compiled = _compiled(pattern)
    try:
        return compiled is not None and compiled.fullmatch(text, timeout=LONGEST_SECONDS) is not None
    except TimeoutError:
        return False


def readable(pattern: str) -> bool:
    """Return whether a pattern can be read."""
    return _compiled(pattern) is not None


@lru_cache(maxsize=1000)
def _compiled(pattern: str) -> regex.Pattern[str] | None:
    try:
        return regex.compile(_translated(pattern), regex.ASCII)
    except (regex.error, ValueError, OverflowError, RecursionError, KeyError, IndexError):
        return None


def _translated(pattern: str) -> str:
    found: list[str] = []
    at = 0
    while at < len(pattern):
        if pattern[at] == "[":
            inside, at = _class(pattern, at + 1)
            found.append(inside)
        elif pattern.startswith("(?<", at) and pattern[at + 3] not in "=!":
            found.append("(?P<")
            at += 3
        else:
            part, at = _escape(pattern, at, within=False)
            found.append(part)
    return "".join(found)


def _escape(pattern: str, at: int, *, within: bool) -> tuple[str, int]:
    """Return one sign or one escape in Python's notation, and where the next one begins."""
    if pattern[at] != "\\":
        return pattern[at], at + 1
    sign = pattern[at + 1]
    if sign == "Q":
        end = pattern.find("\\E", at)
        quoted = pattern[at + 2 : end if end >= 0 else None]
        return re.escape(quoted), end + 2 if end >= 0 else len(pattern)
    if sign in "pP":
        if pattern[at + 2] == "{":
            end = pattern.index("}", at)
            name, after = pattern[at + 3 : end], end + 1
        else:
            name, after = pattern[at + 2], at + 3
        signs = _negated(_property(name)) if sign == "P" else _property(name)
        return signs if within else f"[{signs}]", after
    simple = {"h": r" \t\xa0", "R": r"(?:\r\n|[\n\x0b\f\r])", "z": r"\Z", "e": r"\x1b"}.get(sign)
    if simple is not None:
        return (simple if within or sign != "h" else f"[{simple}]"), at + 2
    return pattern[at : at + 2], at + 2


def _class(pattern: str, at: int) -> tuple[str, int]:
    """Return a class in brackets as Python's, its unions as alternatives and its intersections as looks ahead."""
    negated = pattern[at] == "^"
    at += negated
    operands: list[tuple[list[str], list[str]]] = [([], [])]
    began = at
    while pattern[at] != "]" or at == began:
        signs, classes = operands[-1]
        if pattern[at] == "[":
            inside, at = _class(pattern, at + 1)
            classes.append(inside)
        elif pattern.startswith("&&", at):
            operands.append(([], []))
            at += 2
        else:
            part, after = _escape(pattern, at, within=True)
            signs.append(f"\\{part}" if part in _DOUBLED and pattern[at - 1] == part else part)
            at = after
    unions = [_union("".join(signs), classes) for signs, classes in operands if signs or classes]
    if negated and len(unions) == 1 and not operands[0][1]:
        return f"[^{''.join(operands[0][0])}]", at + 1
    joined = "".join(f"(?={union})" for union in unions[1:]) + unions[0]
    if negated:
        return f"(?:(?!{joined})[\\s\\S])", at + 1
    return f"(?:{joined})" if len(unions) > 1 else joined, at + 1


def _union(signs: str, classes: list[str]) -> str:
    choices = ([f"[{signs}]"] if signs else []) + classes
    return choices[0] if len(choices) == 1 else f"(?:{'|'.join(choices)})"


def _property(name: str) -> str:
    """Return the signs of a property as they stand in a class."""
    if name in _POSIX:
        return _POSIX[name]
    plain = name.removeprefix("Is").removeprefix("In").removeprefix("java")
    aliases = {"Alphabetic": "L", "Letter": "L", "LowerCase": "Ll", "UpperCase": "Lu", "Lowercase": "Ll",
               "Uppercase": "Lu", "Punctuation": "P", "White_Space": "Z"}  # fmt: skip
    script = _SCRIPTS.get(plain) or _SCRIPTS.get(plain.removeprefix("script=").removeprefix("sc="))
    return _script(script) if script else _category(aliases.get(plain, plain))


@cache
def _category(name: str) -> str:
    """Return the signs whose general category is or begins with a name; raises KeyError when none has it."""
    found = _ranges([code for code in range(_LAST) if unicodedata.category(chr(code)).startswith(name)])
    if not found:
        raise KeyError(name)
    return found


@cache
def _script(name: str) -> str:
    return _ranges([code for code in range(_LAST) if unicodedata.name(chr(code), "").startswith(name)])


@cache
def _negated(signs: str) -> str:
    one = re.compile(f"[{signs}]")
    return _ranges([code for code in range(_LAST) if not one.match(chr(code))])


def _ranges(codes: list[int]) -> str:
    found: list[str] = []
    start = last = -2
    for code in [*codes, -2]:
        if code != last + 1:
            if last >= 0:
                found.append(f"\\u{start:04x}" + (f"-\\u{last:04x}" if last > start else ""))
            start = code
        last = code
    return "".join(found)
