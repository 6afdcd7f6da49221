"""Columns and expressions as pyxform wants them spelt: languages named alike, our own functions put in other words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TypeAlias

from cati.survey.diagnostics import Findings
from cati.survey.form_checks import CASE_VALUES
from cati.survey.form_choices import is_yes
from cati.survey.form_rows import (
    CHOICES,
    EXTERNAL,
    SETTINGS,
    SURVEY,
    Form,
    Row,
    clean,
    heading_of,
    headings_of,
    language_of,
    languages_of,
)
from cati.survey.item_types import RowType
from cati.survey.questionnaire import Kind
from cati.text import tr

__all__ = ["CASE_VALUES", "Columns", "Rows", "Wording"]

Rows: TypeAlias = list[dict[str, str]]

_KEPT = {
    SURVEY: frozenset({
        "type", "name", "label", "hint", "guidance_hint", "relevant", "constraint", "constraint_message", "required",
        "required_message", "calculation", "default", "read_only", "appearance", "choice_filter", "parameters",
        "repeat_count", "trigger", "disabled", "autoplay", "intent", "rows", "query",
    }),
    SETTINGS: frozenset({
        "form_title", "form_id", "version", "default_language", "style", "instance_name", "public_key",
        "submission_url", "allow_choice_duplicates", "auto_send", "auto_delete", "namespaces", "omit_instanceid",
        "sms_keyword", "prefix", "delimiter",
    }),
}  # fmt: skip
_OF_A_LANGUAGE = frozenset({"label", "hint", "guidance_hint", "cati_instruction"})
_MESSAGES = frozenset({"constraint_message", "required_message"})
_PASSED_ON = re.compile(r"(bind|body|instance|control)\s*::?\s*(.+)", re.IGNORECASE)
_EXPRESSIONS = ("relevant", "constraint", "calculation", "choice_filter", "required", "read_only", "repeat_count")
_YES_NO = ("required", "read_only", "relevant")
_STRAIGHT = str.maketrans({"“": '"', "”": '"', "„": '"', "‘": "'", "’": "'", "‚": "'"})
_LITERAL = re.compile(r"(\"[^\"]*\"|'[^']*')")
_OPERAND = r"\s*\(\s*(\$\{[^{}]+\}|\.)\s*\)"
_NEVER = re.compile(rf"\b(is_dk|is_refused|is_skipped){_OPERAND}")
_ANSWERED = re.compile(rf"\b(answered|relevant){_OPERAND}")
_LABEL = re.compile(r"(?<![\w:\-])label\s*\(\s*(\$\{[^{}]+\})\s*\)")
_XML_NAME = re.compile(r"[^\W\d][\w.\-]*")
_ORDERED_BY_OTHERS = ("random", "fixed")


@dataclass(frozen=True, slots=True)
class Columns:
    """How a form's columns are called for pyxform; every language has one name, which the default language has, too."""

    languages: dict[str, str]
    plain_code: str
    spoken: frozenset[str]
    """Columns of the survey that name a language; a message that none names holds for all."""

    @classmethod
    def of(cls, form: Form) -> Columns:
        """Return the columns of a form: its languages, and which of them columns without one are written in."""
        survey, choices = headings_of(form.survey, SURVEY), headings_of(form.choices, CHOICES)
        found = languages_of((survey, choices))
        heading = next(
            (h for h, meant in headings_of(form.settings, SETTINGS).items() if meant.column == "default_language"), ""
        )
        written = form.settings.rows[0].cells.get(heading, "") if form.settings.rows else ""
        code, name = language_of(written) if written else ("", "")
        if found and code and code not in found and any(h.column == "label" and not h.code for h in survey.values()):
            found[code] = name
        names = {each: _language_name(each, said) for each, said in found.items()}
        spoken = frozenset(heading.column for heading in survey.values() if heading.code)
        return cls(names, code if code in names else next(iter(names), ""), spoken)

    @property
    def default_language(self) -> str:
        """Return the name of the default language, "" when the form names none."""
        return self.languages.get(self.plain_code, "")

    def plain(self, column: str) -> str:
        """Return what a translatable column in the default language is called."""
        return f"{column}::{self.default_language}" if self.default_language else column

    def cells(self, row: Row, sheet: str) -> dict[str, str]:
        """Return the cells of a row under the names that pyxform knows, without columns that mean nothing to it."""
        found: dict[str, str] = {}
        for written, text in row.cells.items():
            name = self._name(written, sheet)
            if name and (name not in found or "::" in written):
                found[name] = text
        return found

    def says_yes(self, text: str) -> bool:
        """Return whether a cell says yes."""
        return is_yes(text)

    def _name(self, written: str, sheet: str) -> str:
        heading = heading_of(written, sheet)
        column = heading.column
        if heading.code:
            language = self.languages.get(heading.code) or _language_name(heading.code, heading.language)
            return f"{column}::{language}"
        if column in _OF_A_LANGUAGE or column.startswith("media::") or column in _MESSAGES & self.spoken:
            return self.plain(column)
        if sheet in (CHOICES, EXTERNAL):
            own = column if column in ("list_name", "name") or column.startswith("cati_") else clean(written)
            return own if _XML_NAME.fullmatch(own) else ""
        if column in _KEPT[sheet] or column.startswith("cati_"):
            return column
        passed_on = _PASSED_ON.fullmatch(clean(written)) if sheet == SURVEY else None
        return f"{passed_on[1].lower()}::{passed_on[2]}" if passed_on else ""


def _language_name(code: str, name: str) -> str:
    return f"{name} ({code})" if 2 <= len(code.partition("-")[0]) <= 3 and name.lower() != code else name  # noqa: PLR2004 - ISO 639


@dataclass(frozen=True, slots=True)
class Wording:
    """Puts a row's expressions in other programs' words and says what they cannot express."""

    findings: Findings

    def put(self, cells: dict[str, str], number: int) -> None:
        """Rewrite the expressions of a row in place."""
        for column in _EXPRESSIONS:
            if column not in cells:
                continue
            text = " ".join(cells[column].translate(_STRAIGHT).split("\n"))
            if column in _YES_NO and is_yes(text):
                text = "yes"
            cells[column] = self._rewritten(text, number, column)

    def _rewritten(self, source: str, number: int, column: str) -> str:
        parts = _LITERAL.split(source)
        for at in range(0, len(parts), 2):
            part = _NEVER.sub("false()", parts[at])
            part = _ANSWERED.sub(r"(string-length(\2) > 0)", part)
            parts[at] = _LABEL.sub(r"jr:choice-name(\1, '\1')", part)
        rewritten = "".join(parts)
        if _NEVER.search(source):
            self.findings.note(
                "not_exported",
                (SURVEY, number, column),
                tr("Other programs know no “don’t know” and no “refused”; is_dk() and is_refused() never hold there."),
            )
        return rewritten

    def losses(self, own: dict[str, str], row_type: RowType) -> list[tuple[str, str]]:
        """Return column and sentence for each of our own columns that gets lost."""
        lost = []
        order = own.get("cati_order", "").lower()
        listed = row_type.kind in (Kind.SINGLE, Kind.MULTIPLE)
        if order and (order not in _ORDERED_BY_OTHERS or (order == "random" and not listed)):
            lost.append(("cati_order", tr("Other programs cannot change this order; it stays as written.")))
        if own.get("cati_soft"):
            lost.append(("cati_soft", tr("Other programs know no check that may be overridden; it is left out.")))
        return lost
