"""Texts that exist in some of a form's languages only: empty cells, and whole columns that nobody made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from cati.survey.diagnostics import Findings
from cati.survey.form_rows import CHOICES, SURVEY, Heading
from cati.survey.questionnaire import ASKED, Kind, Questionnaire, Words
from cati.text import tr, trn

Place = tuple[str, int, str]


@dataclass(slots=True)
class _Texts:
    """What the check looks at; ``lacking`` keeps the rows of the texts of each column that is not there."""

    questionnaire: Questionnaire
    headings: Mapping[str, Mapping[str, Heading]]
    findings: Findings
    lacking: dict[tuple[str, str, str], list[int]] = field(default_factory=dict)


def check_translations(
    questionnaire: Questionnaire,
    group_rows: list[int],
    places: Mapping[tuple[str, str], int],
    headings: Mapping[str, Mapping[str, Heading]],
    findings: Findings,
) -> None:
    """Note questions without a text, and texts that exist in some of the languages only.

    ``headings`` are those of each sheet: a column that is missing altogether is noted once, not for every row.
    """
    texts = _Texts(questionnaire, headings, findings)
    for item in questionnaire.items:
        if item.kind not in ASKED and item.kind is not Kind.TERMINATE:
            continue
        if not item.label and not item.read_only:
            findings.warning(
                "no_text",
                (SURVEY, item.row, "label"),
                tr("{name} has no text.", name=item.name),
                tr("Write into label what is read aloud."),
            )
        for column, words in (("label", item.label), ("hint", item.instruction),
                              ("constraint_message", item.constraint_message),
                              ("required_message", item.required_message),
                              ("cati_soft_message", item.soft_message)):  # fmt: skip
            _check(texts, words, (SURVEY, item.row, column), item.name)
    for group, row in zip(questionnaire.groups, group_rows, strict=True):
        _check(texts, group.label, (SURVEY, row, "label"), group.name)
    for name, row, label in _choices(questionnaire, places):
        _check(texts, label, (CHOICES, row, "label"), name)
    _note_columns(texts)


def _choices(questionnaire: Questionnaire, places: Mapping[tuple[str, str], int]) -> Iterator[tuple[str, int, Words]]:
    """Yield name, row and label of the choices on the sheet; those of tables beside the form are not the form's."""
    for list_name, choices in questionnaire.choice_lists.items():
        for choice in choices:
            row = places.get((list_name, choice.name))
            if row is not None:
                yield choice.name, row, choice.label


def _check(texts: _Texts, words: Words, place: Place, name: str) -> None:
    if not words or texts.questionnaire.languages == ("",):
        return
    sheet, row, column = place
    for code in texts.questionnaire.languages:
        if code in words:
            continue
        if not _is_there(texts, sheet, column, code):
            texts.lacking.setdefault((sheet, column, code), []).append(row)
            continue
        language = texts.questionnaire.language_names.get(code, code)
        texts.findings.warning(
            "missing_translation",
            (sheet, row, _heading(texts, sheet, column, code)),
            tr("{name} has no text in {language}.", name=name, language=language),
            tr("Fill the cell; until then another language is shown."),
        )


def _is_there(texts: _Texts, sheet: str, column: str, code: str) -> bool:
    """Tell whether a sheet has a column for a language; a plain one is the default language's."""
    plain = code == texts.questionnaire.default_language
    columns = ("hint", "cati_instruction") if column == "hint" else (column,)
    return any(
        heading.column in columns and (heading.code == code or (plain and not heading.code))
        for heading in texts.headings[sheet].values()
    )


def _heading(texts: _Texts, sheet: str, column: str, code: str) -> str:
    """Return how a column would be called, the language written as the labels have it."""
    if not code:
        return column
    headings = texts.headings[sheet].items()
    label = next((key for key, heading in headings if (heading.column, heading.code) == ("label", code)), "")
    if ":" in label:
        colons = "::" if "::" in label else ":"
        return f"{column}{colons}{label.rpartition(':')[2].strip()}"
    return f"{column}::{texts.questionnaire.language_names.get(code, code)} ({code})"


def _note_columns(texts: _Texts) -> None:
    for (sheet, column, code), rows in texts.lacking.items():
        heading = _heading(texts, sheet, column, code)
        texts.findings.warning(
            "missing_translation",
            (sheet, min(rows), heading),
            trn(
                "There is no column {heading}; {n} text is missing in {language}.",
                "There is no column {heading}; {n} texts are missing in {language}.",
                len(rows), heading=heading, language=texts.questionnaire.language_names.get(code, code),
            ),
            tr("Add the column; until then another language is shown."),
        )  # fmt: skip
