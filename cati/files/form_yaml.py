"""The YAML twin of an XLSForm: a restricted YAML in which every value is text and nothing refers to anything."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)

from cati.errors import Problem
from cati.survey.form_rows import CHOICES, EXTERNAL, SETTINGS, SURVEY, Form, Row, Sheet, clean, headings_in_order
from cati.text import tr

MOST_BYTES = 4 * 2**20
MOST_DEPTH = 4
"""The document, a sheet, a row, and one to spare: nothing in a form is nested deeper."""
MOST_ROWS = 50_000


def read_yaml(data: bytes, name: str) -> Form:
    """Return the sheets of a YAML form; a Problem with the line for everything the format does not allow."""
    if len(data) > MOST_BYTES:
        raise Problem(name, tr("This file is too large for a questionnaire."), tr("Remove what is not a question."))
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Problem(name, tr("This file is not UTF-8."), tr("Save it as UTF-8.")) from error
    try:
        events = _Events(YAML(typ="safe", pure=True).parse(io.StringIO(text)), name)
        sheets = events.document()
    except YAMLError as error:
        line = getattr(getattr(error, "problem_mark", None), "line", -1) + 1
        raise Problem(
            tr("{name}, line {n}", name=name, n=line) if line else name,
            tr("This is not valid YAML."),
            tr("Check indentation, colons and quotation marks there."),
        ) from error
    if SURVEY not in sheets:
        raise Problem(name, tr("There is no survey: in this file."), tr("See FORMAT.md for an example."))
    return Form(
        Path(name).stem,
        sheets[SURVEY],
        sheets.get(CHOICES, Sheet()),
        sheets.get(SETTINGS, Sheet()),
        {EXTERNAL: sheets[EXTERNAL]} if EXTERNAL in sheets else {},
    )


class _Events:
    """Reads YAML's events one by one; nothing is built that the format does not have."""

    def __init__(self, events: Iterator[Event], name: str) -> None:
        self._events = events
        self._name = name
        self._depth = 0

    def document(self) -> dict[str, Sheet]:
        sheets: dict[str, Sheet] = {}
        event = self._next()
        while not isinstance(event, MappingStartEvent):
            if isinstance(event, ScalarEvent | SequenceStartEvent):
                raise self._problem(event, tr("The file must begin with settings:, survey: or choices:."))
            event = self._next()
        while not isinstance(event := self._next(), MappingEndEvent):
            name = self._key(event, sheets)
            if name not in (SURVEY, CHOICES, SETTINGS, EXTERNAL):
                raise self._problem(event, tr("“{name}” is not one of settings, survey and choices.", name=name))
            sheets[name] = self._sheet(name)
        for rest in self._events:
            if isinstance(rest, ScalarEvent | MappingStartEvent | SequenceStartEvent):
                raise self._problem(rest, tr("A second document is not allowed."))
        return sheets

    def _sheet(self, name: str) -> Sheet:
        event = self._next()
        if name == SETTINGS and isinstance(event, MappingStartEvent):
            row, named = self._row(event)
            return Sheet(named, (row,) if row.cells else ())
        if not isinstance(event, SequenceStartEvent):
            raise self._problem(event, tr("{name}: must be a list, each row beginning with a dash.", name=name))
        rows: list[Row] = []
        orders: dict[tuple[str, ...], None] = {}
        while not isinstance(event := self._next(), SequenceEndEvent):
            row, named = self._row(event)
            orders[named] = None
            if len(rows) >= MOST_ROWS:
                raise self._problem(event, tr("There are too many rows."))
            if row.cells:
                rows.append(row)
        return Sheet(headings_in_order(orders), tuple(rows))

    def _row(self, event: Event) -> tuple[Row, tuple[str, ...]]:
        """Return a row and all headings that it names, also those it leaves empty."""
        if not isinstance(event, MappingStartEvent):
            raise self._problem(event, tr("Here must stand column: text."))
        line = event.start_mark.line + 1
        cells: dict[str, str] = {}
        seen: dict[str, None] = {}
        while not isinstance(event := self._next(), MappingEndEvent):
            key = self._key(event, seen)
            seen[key] = None
            value = self._next()
            if not isinstance(value, ScalarEvent):
                raise self._problem(value, tr("The value of {name} must be text.", name=key))
            words = clean("" if value.value is None else str(value.value))
            if words:
                cells[key] = words
        return Row(line, cells), tuple(seen)

    def _key(self, event: Event, taken: dict[str, Sheet] | dict[str, None]) -> str:
        if not isinstance(event, ScalarEvent):
            raise self._problem(event, tr("A name must be text."))
        key = clean(str(event.value))
        if key in taken:
            raise self._problem(event, tr("“{name}” stands here twice.", name=key))
        return key

    def _next(self) -> Event:
        event = next(self._events, None)
        if event is None or isinstance(event, StreamEndEvent):
            raise Problem(self._name, tr("There is no survey: in this file."), tr("See FORMAT.md for an example."))
        if isinstance(event, AliasEvent) or getattr(event, "anchor", None):
            raise self._problem(event, tr("Anchors and references (& and *) are not allowed."))
        if getattr(event, "tag", None) not in (None, "!"):
            raise self._problem(event, tr("Tags (!) are not allowed."))
        if isinstance(event, MappingStartEvent | SequenceStartEvent):
            self._depth += 1
            if self._depth > MOST_DEPTH:
                raise self._problem(event, tr("This is nested too deeply."))
        elif isinstance(event, MappingEndEvent | SequenceEndEvent):
            self._depth -= 1
        return event

    def _problem(self, event: Event, what: str) -> Problem:
        line = event.start_mark.line + 1 if event.start_mark is not None else 0
        return Problem(tr("{name}, line {n}", name=self._name, n=line), what, tr("See FORMAT.md for an example."))
