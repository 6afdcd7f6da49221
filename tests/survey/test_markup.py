"""Texts of forms for the screen as they are read aloud."""

from __future__ import annotations

import pytest

from cati.survey.markup import without_markup


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("<center><h6>Baseline, 2017</h6></center>", "Baseline, 2017"),
        ('<span style="color:red">**Please**</span> note', "Please note"),
        ("## Your last contact\nGood day", "Your last contact\nGood day"),
        ("R&amp;D &lt;50&nbsp;%", "R&D <50 %"),
        ("R&D in a < b and 2 < 3", "R&D in a < b and 2 < 3"),
        ("question #3, 2 ** 3", "question #3, 2 ** 3"),
        ("plain", "plain"),
    ],
)
def test_signs_for_the_screen_go_and_words_stay(written: str, read: str) -> None:
    assert without_markup(written) == read
