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
_MARKS = re.compile(r"<[^>]*>|[*_#`]+|\$\{[^}]*\}")
_WORD = re.compile(r"\w[\w'’\-]*")


def check_wording(scene: Scene) -> None:
    """Note what is hard to say and to hear."""
    for item in scene.questionnaire.items:
        if item.kind in ASKED or item.kind is Kind.TERMINATE:
            _check_length(scene, item)
            _check_list(scene, item)


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


def _check_list(scene: Scene, item: Item) -> None:
    count = len(scene.choices(item))
    read_aloud = item.kind in (Kind.SINGLE, Kind.MULTIPLE) and item.display in (Display.LIST, Display.SCALE)
    alone = item.group is None or not scene.group(item.group).grid
    if read_aloud and alone and MANY_CHOICES < count <= LONG_LIST and not item.instruction and not item.choice_filter:
        scene.findings.warning(
            "long_list",
            (SURVEY, item.row, "cati_instruction"),
            tr("The list is long, and no instruction says whether to read it out."),
            tr("Say in cati_instruction how to ask, such as “Do not read out” or “Read out in groups”."),
        )
