"""Texts of forms that were written for a screen, without the signs that make words bold or coloured there."""

from __future__ import annotations

import re
from html import unescape

_TAG = re.compile(r"</?[A-Za-z][^<>]*>")
_STRESS = re.compile(r"(\*\*|__)(?=\S)(.+?)(?<=\S)\1")
_HEAD = re.compile(r"^#{1,6}\s+", re.MULTILINE)
_ENTITY = re.compile(r"&(?:nbsp|amp|lt|gt|quot|apos|#\d{1,6});")


def without_markup(text: str) -> str:
    """Return a text without tags, stress and headings, and with the letters that entities such as ``&amp;`` stand for.

    Nobody reads tags aloud; what only looks like one (``< 3``) stays.
    """
    if "<" in text:
        text = _TAG.sub("", text)
    if "**" in text or "__" in text or "#" in text:
        text = _HEAD.sub("", _STRESS.sub(r"\2", text))
    if "&" in text:
        text = _ENTITY.sub(lambda found: unescape(found[0]).replace("\xa0", " "), text)
    return text.strip()
