"""The headings of a form: our own extra columns, and those that look like one but are none."""

from __future__ import annotations

from cati.survey.diagnostics import Findings
from cati.survey.form_rows import CHOICES, SETTINGS, SURVEY, Heading, with_language
from cati.survey.nearest import nearest
from cati.text import tr

SURVEY_COLUMNS = frozenset({
    "cati_nonresponse", "cati_soft", "cati_soft_message", "cati_instruction", "cati_order", "cati_anchor",
    "cati_disposition", "cati_display",
})  # fmt: skip
CHOICE_COLUMNS = frozenset({"cati_exclusive", "cati_specify", "cati_anchor"})
XLSFORM_COLUMNS = {
    SURVEY: frozenset({
        "type", "name", "label", "hint", "guidance_hint", "relevant", "constraint", "constraint_message", "required",
        "required_message", "calculation", "default", "read_only", "appearance", "choice_filter", "parameters",
        "repeat_count", "trigger", "disabled", "intent", "save_to", "autoplay", "rows", "note", "notes", "comment",
        "comments", "response_note", "publishable", "minimum_seconds", "accuracythreshold", "accuracy_threshold",
        "list_name", "query", "noapperrorstring", "no_app_error_string", "hxl", "tags", "body", "bind", "flat",
        "compact_tag", "report_view", "image", "video", "audio", "media",
    }),
    CHOICES: frozenset({"list_name", "name", "label", "order", "filter", "media"}),
    SETTINGS: frozenset({
        "form_title", "form_id", "version", "default_language", "style", "instance_name", "public_key",
        "submission_url", "allow_choice_duplicates", "sms_keyword", "sms_separator", "sms_allow_media",
        "sms_date_format", "sms_datetime_format", "auto_send", "auto_delete", "namespaces", "name", "prefix",
        "delimiter", "omit_instanceid", "clean_text_values", "attribute", "instance_xmlns", "id_string",
        "add_none_option", "client_editable", "sms_response", "xls_form_version",
    }),
}  # fmt: skip
"""What other programs know; much of it means nothing on the telephone and is passed over without a word."""
_LIKELY = {
    SURVEY: frozenset({
        "type", "name", "label", "hint", "relevant", "constraint", "constraint_message", "required",
        "required_message", "calculation", "default", "read_only", "appearance", "choice_filter", "parameters",
        "repeat_count", "trigger", "disabled",
    }),
    CHOICES: frozenset({"list_name", "name", "label"}),
    SETTINGS: frozenset({"form_title", "form_id", "version", "default_language", "allow_choice_duplicates"}),
}  # fmt: skip
"""What a column much like it was meant to be."""
_PREFIXES = ("media:", "bind:", "body:", "control:", "instance:", "sms_", "$", "kobo--", "#", "cati_", "attribute:")
_LIKE = 0.8
_NAMES_SHOWN = 8


def check_headings(
    survey: dict[str, Heading],
    choices: dict[str, Heading],
    findings: Findings,
    settings: dict[str, Heading] | None = None,
) -> None:
    """Note missing columns and ``cati_`` columns that do not exist: a slip there would silently change nothing."""
    for sheet, headings, known in ((SURVEY, survey, SURVEY_COLUMNS), (CHOICES, choices, CHOICE_COLUMNS)):
        for written, heading in headings.items():
            if heading.column.startswith("cati_") and heading.column not in known:
                near = nearest(heading.column, known, 0.5)
                findings.error(
                    "unknown_column",
                    (sheet, 0, written),
                    tr("There is no column {name}.", name=written),
                    tr("Did you mean {name}?", name=near) if near else tr("Remove it, or see the manual."),
                )
    for sheet, headings in ((SURVEY, survey), (CHOICES, choices), (SETTINGS, settings or {})):
        _check_strangers(sheet, headings, findings)
    if survey and not any(heading.column == "type" for heading in survey.values()):
        findings.error(
            "no_type_column",
            (SURVEY, 0, "type"),
            tr("The sheet survey has no column type."),
            tr("The first row must hold the headings: type, name, label and so on."),
        )
    if choices and not any(heading.column == "list_name" for heading in choices.values()):
        findings.warning(
            "no_list_column",
            (CHOICES, 0, "list_name"),
            tr("The sheet choices has no column list_name."),
            tr("Its first row must hold the headings: list_name, name and label."),
        )


def _check_strangers(sheet: str, headings: dict[str, Heading], findings: Findings) -> None:
    """Note columns that nobody knows; one that is much like a column missing here is most likely that one.

    On the sheet choices any column may serve a choice filter, so none is a stranger there.
    """
    there = {heading.column for heading in headings.values()}
    strangers = []
    for written, heading in headings.items():
        if heading.column in XLSFORM_COLUMNS[sheet] or heading.column.startswith(_PREFIXES):
            continue
        near = with_language(written, sheet) or nearest(
            heading.column.partition(":")[0], sorted(_LIKELY[sheet] - there), _LIKE
        )
        if near:
            findings.warning(
                "misspelt_column",
                (sheet, 0, written),
                tr("There is no column {name}; it is passed over.", name=written),
                tr("Did you mean {name}?", name=near),
            )
        elif sheet != CHOICES:
            strangers.append(written)
    if strangers:
        more = ", …" if len(strangers) > _NAMES_SHOWN else ""
        findings.note(
            "extra_column",
            (sheet, 0, ""),
            tr("These columns are no part of a questionnaire: {names}.",
               names=", ".join(strangers[:_NAMES_SHOWN]) + more),
        )  # fmt: skip
