"""Words and dates in the reader's language."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest

from cati.text import language, set_language, show_moment, show_number, speaking, tr, trn


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    spoken = language()
    yield
    set_language(spoken)


def test_an_unknown_sentence_stays_as_it_is() -> None:
    set_language("de")
    assert tr("There is no such sentence, {name}.", name="x") == "There is no such sentence, x."


def test_one_and_many() -> None:
    set_language("en")
    assert trn("1 error", "{n} errors", 1) == "1 error"
    assert trn("1 error", "{n} errors", 0) == "0 errors"


def test_german_dates_have_their_point() -> None:
    set_language("de")
    assert show_moment(date(2026, 5, 26), "d MMMM y") == "26. Mai 2026"
    assert show_moment(datetime(2026, 7, 16, 18, 10, tzinfo=UTC), "EEE HH:mm") == "Do. 18:10"
    set_language("en")
    assert show_moment(date(2026, 5, 26), "d MMMM y") == "26 May 2026"


def test_braces_in_what_is_filled_in_stay() -> None:
    set_language("en")
    assert tr("{n} of {m}", n="{x}", m="{{") == "{x} of {{"


def test_another_language_is_spoken_for_a_while_and_by_one_thread_alone() -> None:
    set_language("en")
    heard = []
    with speaking("de"):
        other = threading.Thread(target=lambda: heard.append((language(), tr("Cancel"))))
        other.start()
        other.join()
        assert (language(), tr("Cancel"), show_number(1234)) == ("de", "Abbrechen", "1.234")
        with speaking("en"):
            assert tr("Cancel") == "Cancel"
        assert tr("Cancel") == "Abbrechen"
    assert (language(), tr("Cancel")) == ("en", "Cancel")
    assert heard == [("en", "Cancel")]
