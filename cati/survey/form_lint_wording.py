"""What is read aloud: texts too long to listen to, and long lists without a word on how to ask them."""

from __future__ import annotations

import re

from cati.survey.form_options import LONG_LIST
from cati.survey.form_rows import SURVEY
from cati.survey.form_scene import Scene
from cati.survey.questionnaire import ASKED, Display, Item, Kind, Words
from cati.text import tr

MOST_WORDS = 60
"""More than these nobody keeps in mind at the telephone."""
MANY_CHOICES = 7
_ROWS_SHOWN = 8
_MARKS = re.compile(r"<[^>]*>|[*_#`]+|\$\{[^}]*\}")
_WORD = re.compile(r"\w[\w'’\-]*")


def check_wording(scene: Scene) -> None:
    """Note what is hard to say and to hear."""
    long_lists: dict[str, list[int]] = {}
    for item in scene.questionnaire.items:
        if item.kind in ASKED or item.kind is Kind.TERMINATE:
            _check_length(scene, item)
            if _is_long(scene, item):
                long_lists.setdefault(item.choices, []).append(item.row)
    for name, rows in long_lists.items():
        _note_list(scene, name, rows)


def spoken_length(text: str) -> int:
    """Return the number of words that are spoken; what is filled in counts as one, signs of layout do not."""
    return len(_WORD.findall(_MARKS.sub(lambda mark: " x " if mark[0].startswith("$") else " ", text)))


def _check_length(scene: Scene, item: Item) -> None:
    lengths = {code: spoken_length(text) for code, text in item.label.items()}
    code = max(lengths, key=lambda one: lengths[one], default="")
    if code in lengths and lengths[code] > MOST_WORDS:
        scene.findings.warning(
            "long_text",
            (SURVEY, item.row, _heading(scene, item.label, code)),
            tr("{n} words are read aloud here; more than {most} are hard to follow at the telephone.", n=lengths[code],
               most=MOST_WORDS),
            tr("Shorten the text, or put what is not read aloud into cati_instruction."),
        )  # fmt: skip


def _heading(scene: Scene, words: Words, code: str) -> str:
    if not code or len(words) < 2:  # noqa: PLR2004 - one language
        return "label"
    return f"label::{scene.questionnaire.language_names.get(code, code)} ({code})"


def _is_long(scene: Scene, item: Item) -> bool:
    """Tell whether a long list goes with no word on how to ask it; beyond `LONG_LIST` one is searched, not read."""
    read_aloud = item.kind in (Kind.SINGLE, Kind.MULTIPLE) and item.display in (Display.LIST, Display.SCALE)
    alone = item.group is None or not scene.group(item.group).grid
    plain = not item.instruction and not item.choice_filter
    return read_aloud and alone and plain and MANY_CHOICES < len(scene.choices(item)) <= LONG_LIST


def _note_list(scene: Scene, name: str, rows: list[int]) -> None:
    """Note a long list once, at the first question that asks it."""
    what = tr("The list {list} is long, and no instruction says whether to read it out.", list=name)
    if rows[1:]:
        shown = ", ".join(map(str, rows[1 : 1 + _ROWS_SHOWN])) + (", …" if len(rows) > 1 + _ROWS_SHOWN else "")
        what = f"{what} {tr('Also in row {rows}.', rows=shown)}"
    scene.findings.warning(
        "long_list",
        (SURVEY, rows[0], "cati_instruction"),
        what,
        tr("Say in cati_instruction how to ask, such as “Do not read out” or “Read out in groups”."),
    )
