"""The headings of a form: our own extra columns, and those that look like one but are none."""

from __future__ import annotations

import difflib

from cati.survey.diagnostics import Findings
from cati.survey.form_rows import CHOICES, SURVEY, Heading
from cati.text import tr

SURVEY_COLUMNS = frozenset({
    "cati_nonresponse", "cati_soft", "cati_soft_message", "cati_instruction", "cati_order", "cati_anchor",
    "cati_disposition", "cati_display",
})  # fmt: skip
CHOICE_COLUMNS = frozenset({"cati_exclusive", "cati_specify", "cati_anchor"})


def check_headings(survey: dict[str, Heading], choices: dict[str, Heading], findings: Findings) -> None:
    """Note missing columns and ``cati_`` columns that do not exist: a slip there would silently change nothing."""
    for sheet, headings, known in ((SURVEY, survey, SURVEY_COLUMNS), (CHOICES, choices, CHOICE_COLUMNS)):
        for written, heading in headings.items():
            if heading.column.startswith("cati_") and heading.column not in known:
                near = difflib.get_close_matches(heading.column, known, 1, 0.5)
                findings.error(
                    "unknown_column",
                    (sheet, 0, written),
                    tr("There is no column {name}.", name=written),
                    tr("Did you mean {name}?", name=near[0]) if near else tr("Remove it, or see the manual."),
                )
    if survey and not any(heading.column == "type" for heading in survey.values()):
        findings.error(
            "no_type_column",
            (SURVEY, 0, "type"),
            tr("The sheet survey has no column type."),
            tr("The first row must hold the headings: type, name, label and so on."),
        )
