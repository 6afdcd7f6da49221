"""Rows to questionnaire: the sheets of an XLSForm, with our own columns, compiled to the model that runs."""

from __future__ import annotations

from dataclasses import dataclass

from cati.survey.diagnostics import Diagnostic, Findings
from cati.survey.form_blocks import in_xlsforms_words
from cati.survey.form_checks import check_choice_fills, check_expressions
from cati.survey.form_choices import cell, choice_lists, is_yes
from cati.survey.form_cycles import check_cycles
from cati.survey.form_items import Draft, read_survey
from cati.survey.form_lint import check_form
from cati.survey.form_places import as_written
from cati.survey.form_rows import (
    CHOICES,
    SETTINGS,
    SURVEY,
    Form,
    Heading,
    Row,
    Sheet,
    headings_of,
    language_of,
    languages_of,
)
from cati.survey.form_scene import scene_of
from cati.survey.form_settings import check_headings
from cati.survey.form_tables import table_of
from cati.survey.form_translations import check_translations
from cati.survey.questionnaire import ASKED, Questionnaire, hashed
from cati.text import tr


@dataclass(frozen=True, slots=True)
class Compiled:
    """A questionnaire, None when an error keeps it from running, and everything that was found.

    ``sketch`` is what could be read of it all the same, to be looked at beside its problems; it is never run.
    """

    questionnaire: Questionnaire | None
    diagnostics: tuple[Diagnostic, ...]
    sketch: Questionnaire | None = None


def compile_form(form: Form) -> Compiled:
    """Compile a form; never raises, whatever stands in the cells."""
    findings = Findings(list(form.noted))
    form = in_xlsforms_words(form)
    survey = headings_of(form.survey, SURVEY)
    choices = headings_of(form.choices, CHOICES)
    settings_headings = headings_of(form.settings, SETTINGS)
    check_headings(survey, choices, findings, settings_headings)
    settings = form.settings.rows[0] if form.settings.rows else Row(0, {})
    languages, default_language = _languages(form.survey, survey, choices, settings, settings_headings)
    plain_code = default_language
    if not form.survey.rows:
        findings.error("empty", (SURVEY, 0, ""), tr("The sheet survey is empty."), tr("Write one question a row."))
        return Compiled(None, findings.in_order())
    lists, places = choice_lists(
        form,
        choices,
        plain_code,
        findings,
        allow_duplicates=is_yes(cell(settings, settings_headings, "allow_choice_duplicates")),
    )
    draft = read_survey(Draft(form.survey, survey, lists, places, tuple(languages), plain_code, findings, form.tables))
    name = cell(settings, settings_headings, "form_id") or form.name
    questionnaire = Questionnaire(
        name=name,
        title=cell(settings, settings_headings, "form_title") or name,
        version=cell(settings, settings_headings, "version"),
        languages=tuple(languages),
        default_language=default_language,
        language_names=languages,
        groups=tuple(draft.groups),
        items=tuple(draft.items),
        choice_lists=draft.lists,
        tables={name: rows for name in form.tables if (rows := table_of(form.tables, name))},
    )
    others = (*draft.left_out, *(group.name for group in draft.groups))
    check_expressions(questionnaire, draft.group_rows, others, findings)
    check_cycles(questionnaire, draft.group_rows, findings)
    check_choice_fills(questionnaire, places, others, findings)
    headings = {SURVEY: survey, CHOICES: choices, SETTINGS: settings_headings}
    check_translations(questionnaire, draft.group_rows, places, headings, findings)
    check_form(scene_of(form, survey, choices, questionnaire, draft.group_rows, places, draft.left_out, findings))
    if not findings.hopeless and not any(item.kind in ASKED for item in questionnaire.items):
        findings.error(
            "nothing_asked",
            (SURVEY, 0, ""),
            tr("No row of this form can be asked on the telephone."),
            tr("Write one question a row."),
        )
    whole = hashed(questionnaire)
    found = as_written(findings.in_order(), headings, default_language)
    return Compiled(None if findings.hopeless else whole, found, whole)


def _languages(
    sheet: Sheet, survey: dict[str, Heading], choices: dict[str, Heading], settings: Row, headings: dict[str, Heading]
) -> tuple[dict[str, str], str]:
    """Return the languages by code, the default first: what the settings say, else the first written.

    A form that names no language at all has the one language "". Labels without a language beside others that have one
    are a language of their own, the default, as in other programs.
    """
    languages = languages_of((survey, choices))
    written = cell(settings, headings, "default_language")
    code, name = language_of(written) if written else ("", "")
    if code and code not in languages:
        plain = any(heading.column == "label" and not heading.code for heading in survey.values())
        if plain or not languages:
            languages = {code: name, **languages}
        else:
            code = ""
    if not languages or (not code and _has_plain_labels(sheet, survey)):
        languages, default = {"": "default", **languages}, ""
        return {each: languages[each] for each in ("", *sorted(set(languages) - {""}))}, default
    default = code or next(iter(languages))
    others = sorted(set(languages) - {default})  # YAML keeps no order of columns, and twins must be alike
    return {each: languages[each] for each in (default, *others)}, default


def _has_plain_labels(sheet: Sheet, survey: dict[str, Heading]) -> bool:
    plain = [written for written, heading in survey.items() if heading.column == "label" and not heading.code]
    return any(row.cells.get(written) for row in sheet.rows for written in plain)
