"""Every key of the program in one place: what it is, where it counts, what it does; `?` and F1 show this list."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, StrEnum
from functools import cache

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent

from cati.text import mark, tr


class Where(StrEnum):
    """Where a key counts."""

    WINDOW = "window"
    BETWEEN = "between"
    CASE = "case"
    INTERVIEW = "interview"
    OPEN_TEXT = "open_text"
    QUESTIONNAIRE = "questionnaire"


WHERE_NAMES = {
    Where.WINDOW: mark("Everywhere"),
    Where.BETWEEN: mark("Between two cases"),
    Where.CASE: mark("With a case open"),
    Where.INTERVIEW: mark("In the interview"),
    Where.OPEN_TEXT: mark("After hanging up"),
    Where.QUESTIONNAIRE: mark("On the questionnaire page"),
}


@dataclass(frozen=True, slots=True)
class Pressing:
    """One key as it is written ("Ctrl+O"), what it does and where; ``twins`` do the same, "Num" is the keypad."""

    spec: str
    does: str
    where: Where
    twins: tuple[str, ...] = ()


class Key(Enum):
    """The keys. Outcomes have theirs in `outcome_keys`, choices get 1 to 9, 0 and letters in their order."""

    HELP = Pressing("F1", mark("Keys and manual"), Where.WINDOW)
    PLACES = Pressing("Ctrl+1", mark("Open the first place of the navigation; Ctrl+2 the second …"), Where.WINDOW)
    LOCK = Pressing("F12", mark("Lock the window until the password is typed again"), Where.WINDOW)
    LARGER = Pressing("Ctrl++", mark("Larger text"), Where.WINDOW)
    SMALLER = Pressing("Ctrl+-", mark("Smaller text"), Where.WINDOW)
    LOOK = Pressing("Ctrl+D", mark("Light or dark look"), Where.WINDOW)
    NEXT_CASE = Pressing("Return", mark("Take the next case"), Where.BETWEEN)
    UNDO = Pressing("U", mark("Take the last outcome back, for ten seconds"), Where.BETWEEN, ("Ctrl+Z",))
    CALLER = Pressing("F3", mark("Somebody calls back: find them by number or name"), Where.BETWEEN)
    CALLER_WITHDRAWS = Pressing("F4", mark("The person who called withdraws consent"), Where.BETWEEN)
    GO = Pressing("Return", mark("Introduction read out; once more: begin the interview"), Where.CASE)
    READ_ON = Pressing("Space", mark("Read on in the introduction"), Where.CASE, ("PgDown",))
    READ_BACK = Pressing("PgUp", mark("Back in the introduction"), Where.CASE)
    DIAL = Pressing("D", mark("Dial with the softphone"), Where.CASE)
    COPY = Pressing("C", mark("Copy the number, to dial by hand"), Where.CASE)
    PUT_BACK = Pressing("Esc", mark("Put the case back before a call"), Where.CASE)
    ALL_OUTCOMES = Pressing("O", mark("All outcomes"), Where.CASE)
    NEXT = Pressing("Return", mark("Keep the answer and go on"), Where.INTERVIEW)
    BACK = Pressing("PgUp", mark("One question back"), Where.INTERVIEW)
    FORWARD = Pressing("PgDown", mark("One question on"), Where.INTERVIEW)
    UP = Pressing("Up", mark("One row or answer up"), Where.INTERVIEW)
    DOWN = Pressing("Down", mark("One row or answer down"), Where.INTERVIEW)
    DONT_KNOW = Pressing("F7", mark("Don’t know"), Where.INTERVIEW, ("Num+/",))
    REFUSED = Pressing("F8", mark("Prefers not to say"), Where.INTERVIEW, ("Num+*",))
    SKIP = Pressing("F9", mark("Skip the question"), Where.INTERVIEW, ("Num++",))
    MEMBER = Pressing("Ctrl+G", mark("Go to the marked member of a roster"), Where.INTERVIEW)
    REMOVE_MEMBER = Pressing("Ctrl+K", mark("Take the marked member of a roster off"), Where.INTERVIEW)
    OVERVIEW = Pressing("Ctrl+O", mark("All answers, to jump to one"), Where.INTERVIEW)
    LANGUAGE = Pressing("Ctrl+L", mark("Another language of the questionnaire"), Where.INTERVIEW)
    BREAK_OFF = Pressing("Ctrl+B", mark("Break off; the answers are kept"), Where.INTERVIEW)
    FINISH = Pressing("Ctrl+Return", mark("Finish the interview"), Where.OPEN_TEXT)
    LOOK_AGAIN = Pressing("PgUp", mark("Back to the last question"), Where.OPEN_TEXT)
    FIND = Pressing("Ctrl+F", mark("Search the questionnaire or the test run; Esc empties it"), Where.QUESTIONNAIRE)
    ENLARGE = Pressing("+", mark("Larger picture of the routing"), Where.QUESTIONNAIRE, ("=",))
    REDUCE = Pressing("-", mark("Smaller picture of the routing"), Where.QUESTIONNAIRE)
    WHOLE = Pressing("0", mark("The whole picture of the routing"), Where.QUESTIONNAIRE)
    TRY_HERE = Pressing("Ctrl+T", mark("Test run from the question at hand"), Where.QUESTIONNAIRE)
    TRY_ANEW = Pressing("Ctrl+R", mark("Begin the test run anew"), Where.QUESTIONNAIRE)
    READ_AGAIN = Pressing("F5", mark("Read the form’s file again, after it was mended"), Where.QUESTIONNAIRE)
    NEXT_PROBLEM = Pressing("F4", mark("To the next question with a problem"), Where.QUESTIONNAIRE)
    PROBLEM_BEFORE = Pressing("Shift+F4", mark("To the question with a problem before"), Where.QUESTIONNAIRE)
    OPEN_BOX = Pressing("Return", mark("From the picture or a problem to its question"), Where.QUESTIONNAIRE)


PAGE_KEYS = {
    Key.NEXT: "next", Key.BACK: "back", Key.FORWARD: "forward", Key.OVERVIEW: "overview", Key.LANGUAGE: "language",
    Key.BREAK_OFF: "break_off",
}  # fmt: skip
"""What the interview's keys ask its page for."""

_NAMED = {
    "Return": (Qt.Key.Key_Return, Qt.Key.Key_Enter), "Esc": (Qt.Key.Key_Escape,), "Space": (Qt.Key.Key_Space,),
    "PgUp": (Qt.Key.Key_PageUp,), "PgDown": (Qt.Key.Key_PageDown,), "Up": (Qt.Key.Key_Up,),
    "Down": (Qt.Key.Key_Down,), "/": (Qt.Key.Key_Slash,), "*": (Qt.Key.Key_Asterisk,), "+": (Qt.Key.Key_Plus,),
    "-": (Qt.Key.Key_Minus,),
    **{f"F{n}": (Qt.Key(Qt.Key.Key_F1.value + n - 1),) for n in range(1, 13)},
}  # fmt: skip

_SPOKEN = {
    "Ctrl": mark("Ctrl"), "Shift": mark("Shift"), "Return": mark("Return"), "Esc": mark("Esc"), "Space": mark("Space"),
    "PgUp": mark("PgUp"), "PgDown": mark("PgDn"), "Num": mark("Keypad"), "Up": "↑", "Down": "↓",
}  # fmt: skip

_MODIFIERS = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier | Qt.KeyboardModifier.MetaModifier


def _parts(spec: str) -> tuple[str, str]:
    """Return modifier ("", "Ctrl", "Num") and key of "Ctrl+O", "F7", "Num++"."""
    modifier, plus, key = spec.partition("+")
    return (modifier, key) if plus and modifier else ("", spec)


@cache
def _pressed_by(where: Where) -> dict[tuple[str, Qt.Key], Key]:
    found: dict[tuple[str, Qt.Key], Key] = {}
    for key in Key:
        if key.value.where is not where:
            continue
        for spec in (key.value.spec, *key.value.twins):
            modifier, name = _parts(spec)
            codes = _NAMED.get(name) or (Qt.Key(ord(name.upper())),)
            found.update({(modifier, code): key for code in codes})
    return found


def key_of(event: QKeyEvent, where: Where) -> Key | None:
    """Return which of our keys was pressed there, None for none; Shift does not count, Alt is Qt's and the system's."""
    modifiers = event.modifiers()
    held = modifiers & _MODIFIERS
    if held == Qt.KeyboardModifier.ControlModifier:
        modifier = "Ctrl"
    elif held != Qt.KeyboardModifier.NoModifier:
        return None
    else:
        modifier = ""
    known = _pressed_by(where)
    code = Qt.Key(event.key())
    if not modifier and modifiers & Qt.KeyboardModifier.KeypadModifier and ("Num", code) in known:
        return known["Num", code]
    return known.get((modifier, code))


def cap_of(key: Key) -> str:
    """Return what is printed on the key, in the reader's language ("Ctrl+O" is "Strg+O" in German)."""
    return in_reader_words(key.value.spec)


def in_reader_words(spec: str) -> str:
    """Return a key as its keyboard has it."""
    modifier, name = _parts(spec)
    words = tr(_SPOKEN[name]) if name in _SPOKEN else name
    return f"{tr(_SPOKEN[modifier])}+{words}" if modifier else words


def keys_in_words() -> tuple[tuple[str, str], ...]:
    """Return every key with what it does, in the reader's language; a heading has "" for its key."""
    from cati.survey.dispositions import TABLE  # noqa: PLC0415 - only when the list is shown
    from cati.ui.outcome_keys import KEYS  # noqa: PLC0415

    lines: list[tuple[str, str]] = []
    for where in Where:
        lines.append(("", tr(WHERE_NAMES[where])))
        lines += [(cap_of(key), tr(key.value.does)) for key in Key if key.value.where is where]
        if where is Where.CASE:
            lines += [(key.upper(), tr(TABLE[outcome].label)) for outcome, key in KEYS.items()]
        if where is Where.INTERVIEW:
            lines.append(("1 … 9, 0, A …", tr("The answer with this key")))
    return tuple(lines)
