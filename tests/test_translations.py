"""Everything the program says is said in German too, with the same placeholders, and nothing is left over."""

from __future__ import annotations

import ast
import json
import re
import string
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PARTS = sorted((ROOT / "resources" / "translations" / "de").glob("*.json"))


def _sentences() -> dict[str, str]:
    """Every English sentence handed to tr, trn or mark, with the place where it stands."""
    found: dict[str, str] = {}
    for module in sorted((ROOT / "cati").rglob("*.py")):
        for node in ast.walk(ast.parse(module.read_text("utf-8"))):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name | ast.Attribute):
                continue
            name = node.func.id if isinstance(node.func, ast.Name) else node.func.attr
            count = {"tr": 1, "mark": 1, "trn": 2}.get(name, 0)
            for argument in node.args[:count]:
                if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                    found[argument.value] = f"{module.relative_to(ROOT)}:{node.lineno}"
    return found


def _german() -> dict[str, str]:
    words: dict[str, str] = {}
    for part in PARTS:
        words.update(json.loads(part.read_text("utf-8")))
    return words


def _placeholders(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name is not None}


def test_nothing_is_said_in_english_only() -> None:
    german = _german()
    missing = [
        f"{place}: {english}" for english, place in _sentences().items() if english.strip() and english not in german
    ]
    assert not missing, "\n".join(missing)


def test_translations_fill_the_same_placeholders() -> None:
    wrong = [english for english, german in _german().items() if _placeholders(english) != _placeholders(german)]
    assert not wrong, "\n".join(wrong)


def test_no_translation_is_left_over() -> None:
    said = _sentences()
    assert not [english for english in _german() if english not in said]


@pytest.mark.parametrize("part", PARTS, ids=lambda p: p.stem)
def test_a_sentence_has_one_german(part: Path) -> None:
    here = json.loads(part.read_text("utf-8"))
    others: dict[str, str] = {}
    for other in PARTS:
        if other != part:
            others.update(json.loads(other.read_text("utf-8")))
    assert not {english for english, german in here.items() if others.get(english, german) != german}
    assert list(here) == sorted(here)


def test_tr_is_never_given_a_sentence_already_filled() -> None:
    """A filled sentence can have no translation: placeholders, never f-strings."""
    wrong = []
    for module in sorted((ROOT / "cati").rglob("*.py")):
        for node in ast.walk(ast.parse(module.read_text("utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id in ("tr", "trn", "mark")
                and any(isinstance(argument, ast.JoinedStr) for argument in node.args[:2])
            ):
                wrong.append(f"{module}:{node.lineno}")
    assert not wrong


_CODE = re.compile(r"(?<!\w)'[^']*'(?!\w)")
"""What is typed as it stands: a text in an expression, a table of a form."""


def _mixed(shown: str, opening: str, closing: str) -> bool:
    """Tell whether quotation marks or apostrophes are those of a typewriter, of another language, or have no partner."""
    bare = _CODE.sub("", shown)
    strange = set("\"'„‘‚«»" if opening == "“" else "\"'”‘")
    return bool(strange & set(bare)) or bare.count(opening) != bare.count(closing)


def test_apostrophes_and_quotation_marks_are_those_of_their_language() -> None:
    wrong = [f"{place}: {english}" for english, place in _sentences().items() if _mixed(english, "“", "”")]
    wrong += [german for german in _german().values() if _mixed(german, "„", "“")]
    for language, marks in (("en", "“”"), ("de", "„“")):
        for chapter in sorted((ROOT / "resources" / "manual" / language).glob("*.md")):
            words = re.sub(r"```.*?```|`[^`]*`", "", chapter.read_text("utf-8"), flags=re.DOTALL)
            wrong += [f"{chapter.name}: {line}" for line in words.splitlines() if _mixed(line, *marks)]
    assert not wrong, "\n".join(wrong)


def test_a_typewriters_marks_are_found_and_code_is_left_alone() -> None:
    assert _mixed("the study's seal", "“", "”")
    assert _mixed("the keys' owner", "“", "”")
    assert _mixed("“open", "“", "”")
    assert not _mixed("Write '{word}' for a text, “{word}” for the reader’s eye.", "“", "”")
