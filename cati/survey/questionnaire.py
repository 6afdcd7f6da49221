"""The compiled questionnaire: a frozen, content-hashed model, and the JSON it is kept as."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

import msgspec

from cati.errors import Problem
from cati.text import tr

Words = dict[str, str]
"""A text by language code; "" is the text of forms that name no language."""


class Kind(StrEnum):
    """What an item asks for, or does."""

    SINGLE = "single"
    MULTIPLE = "multiple"
    NUMBER = "number"
    DECIMAL = "decimal"
    DATE = "date"
    TIME = "time"
    DATETIME = "datetime"
    TEXT = "text"
    RANK = "rank"
    NOTE = "note"
    CALCULATE = "calculate"
    HIDDEN = "hidden"
    TERMINATE = "terminate"
    QUOTA = "quota"
    NOT_ASKED = "not_asked"


class Display(StrEnum):
    """How an item wants to look; what it asks for stays the same."""

    PLAIN = "plain"
    LIST = "list"
    SCALE = "scale"
    GRADE = "grade"
    SEARCH = "search"
    LONG_TEXT = "long_text"


ASKED = frozenset({
    Kind.SINGLE, Kind.MULTIPLE, Kind.RANK, Kind.NUMBER, Kind.DECIMAL, Kind.DATE, Kind.TIME, Kind.DATETIME, Kind.TEXT,
    Kind.NOTE,
})  # fmt: skip
"""Kinds that stop at a screen."""

SUBSTANTIVE = ASKED - {Kind.NOTE}
"""Kinds that bring an answer."""


CHOOSING = frozenset({Kind.SINGLE, Kind.MULTIPLE, Kind.RANK})
"""Kinds that are answered from a list."""


class Order(StrEnum):
    """In which order the choices of a list, or the items of a group, are shown.

    SHUFFLE is XLSForm's ``randomize=true``, put in order as JavaRosa does; the others are this program's own.
    """

    FIXED = "fixed"
    RANDOM = "random"
    ROTATE = "rotate"
    FLIP = "flip"
    SHUFFLE = "shuffle"


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One answer of a list. ``columns`` are further columns of the choices sheet, for choice filters."""

    name: str
    label: Words
    exclusive: bool = False
    specify: bool = False
    anchor: bool = False
    columns: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A group of items. ``parent`` is the index of the group around it; ``shared`` shows its items on one screen.

    ``repeat``: a roster, asked once a member; as often as ``repeat_count`` says, else as often as there are members.
    """

    name: str
    label: Words
    parent: int | None = None
    relevant: str = ""
    shared: bool = False
    grid: bool = False
    section: bool = False
    order: Order = Order.FIXED
    repeat: bool = False
    repeat_count: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One row of the questionnaire. Expressions are kept as written; ``row`` is where the author finds them.

    ``trigger``: the questions after whose change ``calculation`` is worked out, () for always. ``seed``: what a
    shuffled list is put in order by, "" for the interview's own. ``choices_from``: the question of a roster whose
    answers are the choices.
    """

    name: str
    kind: Kind
    row: int = 0
    display: Display = Display.PLAIN
    label: Words = field(default_factory=dict)
    instruction: Words = field(default_factory=dict)
    group: int | None = None
    choices: str = ""
    choice_filter: str = ""
    choices_from: str = ""
    seed: str = ""
    order: Order = Order.FIXED
    anchor: bool = False
    relevant: str = ""
    constraint: str = ""
    constraint_message: Words = field(default_factory=dict)
    required: str = ""
    required_message: Words = field(default_factory=dict)
    calculation: str = ""
    trigger: tuple[str, ...] = ()
    default: str = ""
    read_only: bool = False
    nonresponse: tuple[str, ...] = ("dk", "refused")
    minimum: str = ""
    maximum: str = ""
    soft: str = ""
    soft_message: Words = field(default_factory=dict)
    disposition: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Questionnaire:
    """A questionnaire ready to run. ``content_hash`` is the SHA-256 of everything else (hexadecimal).

    ``tables`` are the rows of the tables beside the form, for ``pulldata()`` and ``instance()``.
    """

    name: str
    title: str
    version: str
    languages: tuple[str, ...]
    default_language: str
    language_names: dict[str, str]
    groups: tuple[Group, ...]
    items: tuple[Item, ...]
    choice_lists: dict[str, tuple[Choice, ...]]
    tables: dict[str, tuple[dict[str, str], ...]] = field(default_factory=dict)
    content_hash: str = ""

    def to_json(self) -> bytes:
        """Return the model as JSON, keys sorted, for the study's database."""
        return msgspec.json.encode(self, order="sorted")

    def item(self, name: str) -> Item:
        """Return the item of this name; KeyError when there is none."""
        for item in self.items:
            if item.name == name:
                return item
        raise KeyError(name)

    def section_of(self, item: Item) -> int | None:
        """Return the index of the outermost group around an item: its section."""
        at = item.group
        while at is not None and self.groups[at].parent is not None:
            at = self.groups[at].parent
        return at


def hashed(questionnaire: Questionnaire) -> Questionnaire:
    """Return the questionnaire with its content hash; rows of the source do not count, so twins hash alike."""
    bare = replace(questionnaire, content_hash="", items=tuple(replace(item, row=0) for item in questionnaire.items))
    return replace(questionnaire, content_hash=hashlib.sha256(bare.to_json()).hexdigest())


def questionnaire_from_json(data: bytes) -> Questionnaire:
    """Read a model back; a Problem when it is not one of this version of the program."""
    try:
        return msgspec.json.decode(data, type=Questionnaire)
    except msgspec.DecodeError as error:
        raise Problem(
            tr("Questionnaire"), tr("The stored questionnaire cannot be read."), tr("Load its file again.")
        ) from error


def questionnaire_schema() -> dict[str, Any]:
    """Return the published JSON Schema of the model."""
    return msgspec.json.schema(Questionnaire)


def words_in(words: Words, language: str, fallback: str) -> str:
    """Return a text in a language, else in the fallback, else in any there is, else ""."""
    for code in (language, fallback, ""):
        if words.get(code):
            return words[code]
    return next((text for text in words.values() if text), "")
