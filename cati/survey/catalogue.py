"""Every finding there is about a form: how grave it is, where it stands, and a sentence that explains it."""

from __future__ import annotations

from dataclasses import dataclass

from cati.survey.diagnostics import Severity
from cati.survey.form_rows import CHOICES, SETTINGS, SURVEY
from cati.text import mark, tr

FILE, EXPORT = "file", "export"
"""What is found about the file as a whole, and what other programs lose."""


_COLUMNS_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Entry:
    """A kind of finding. ``columns`` are those it stands in, () for any or none; ``says`` goes through `tr`."""

    code: str
    severities: tuple[Severity, ...]
    sheets: tuple[str, ...]
    columns: tuple[str, ...]
    says: str


_E, _W, _N, _EW = (Severity.ERROR,), (Severity.WARNING,), (Severity.NOTE,), (Severity.ERROR, Severity.WARNING)
_S, _C, _SC, _ALL = (SURVEY,), (CHOICES,), (SURVEY, CHOICES), (SURVEY, CHOICES, SETTINGS)
_EXPRESSIONS = (
    "relevant", "constraint", "calculation", "choice_filter", "required", "default", "cati_soft", "repeat_count",
    "parameters",
)  # fmt: skip
_TEXTS = ("label", "hint", "constraint_message", "required_message", "cati_soft_message")

_ENTRIES = (
    # The file
    Entry("unreadable", _E, (FILE,), (), mark("The file cannot be read as a questionnaire.")),
    Entry("encoding", _N, (FILE,), (), mark("A file is not UTF-8; its letters may be read wrongly.")),
    Entry("extra_sheet", _N, (FILE,), (), mark("A sheet is no part of a questionnaire and is passed over.")),
    Entry("sheet_name", _N, _ALL, (), mark("A sheet is called a little differently and is read all the same.")),
    Entry("heading_row", _N, _ALL, (), mark("The headings do not stand in the first row.")),
    Entry("no_heading", _N, _ALL, (), mark("A column has no heading and is passed over.")),
    Entry("same_column", _W, _ALL, (), mark("Two columns mean the same.")),
    Entry("no_result", _W, _ALL, (), mark("A formula left no result; the cell is read as empty.")),
    Entry("missing_table", _W, _S, (), mark("A table that the form names does not lie beside it.")),
    Entry("unreadable_table", _E, _S, (), mark("A table beside the form cannot be read.")),
    # Columns
    Entry("no_type_column", _E, _S, ("type",), mark("The sheet survey has no column type.")),
    Entry("no_list_column", _W, _C, ("list_name",), mark("The sheet choices has no column list_name.")),
    Entry("unknown_column", _E, _SC, (), mark("A column begins with cati_ but does not exist.")),
    Entry("misspelt_column", _W, _ALL, (), mark("A column is spelt almost like one that is missing.")),
    Entry("extra_column", _N, (SURVEY, SETTINGS), (), mark("A column is no part of a questionnaire.")),
    # Rows
    Entry("empty", _E, _S, (), mark("The sheet survey holds no rows.")),
    Entry("nothing_asked", _E, _S, (), mark("No row can be asked on the telephone.")),
    Entry("no_type", _W, _S, ("type",), mark("A row has no type and is left out.")),
    Entry("remark_row", _W, _S, ("type",), mark("A row holds words in the column type only and is left out.")),
    Entry("unknown_type", _E, _S, ("type",), mark("The type of a row is not known.")),
    Entry("not_asked", _W, _S, ("type",), mark("The type makes no sense on the telephone; the row is left out.")),
    Entry("no_name", _E, _S, ("name",), mark("A row has no name.")),
    Entry("bad_name", _E, _S, ("name",), mark("A name holds signs that a name cannot have.")),
    Entry("duplicate_name", _EW, _S, ("name",),
          mark("Two rows have one name: an error in one group; in different groups the second is renamed.")),
    Entry("name_of_the_case", _W, _S, ("name",), mark("A row is named like a value that every case brings along.")),
    Entry("no_text", _W, _S, ("label",), mark("A question has nothing to read aloud.")),
    Entry("missing_translation", _W, _SC, (*_TEXTS,), mark("A text is missing in one of the form’s languages.")),
    Entry("unknown_value", _E, _SC, (), mark("A column with few possible values holds another one.")),
    Entry("no_effect", _W, _S, (), mark("A cell changes nothing in a row of this type.")),
    Entry("bad_range", _E, _S, ("parameters",), mark("The parameters of a range cannot be read.")),
    Entry("bad_default", _W, _S, ("default",), mark("A default is no possible answer to its own question.")),
    Entry("no_calculation", _W, _S, ("calculation",), mark("A calculate row has no calculation.")),
    Entry("idle_trigger", _W, _S, ("trigger",), mark("A trigger names no question, or sets nothing off.")),
    Entry("soft_without_message", _W, _S, ("cati_soft_message",),
          mark("A check that may be overridden has no message.")),
    Entry("message_without_check", _W, _S, ("constraint_message", "cati_soft_message"),
          mark("A message belongs to a check that is missing.")),
    # Groups, rosters, grids, ends
    Entry("not_closed", _E, _S, ("type",), mark("A group, roster or grid is begun and never ended.")),
    Entry("not_opened", _E, _S, ("type",), mark("An end stands where nothing was begun.")),
    Entry("wrong_end", _E, _S, ("type",), mark("An end closes something else than what is open.")),
    Entry("empty_group", _W, _S, ("type",), mark("Nothing stands in a group.")),
    Entry("empty_repeat", _W, _S, ("type",), mark("No question stands in a roster.")),
    Entry("section_without_label", _N, _S, ("label",), mark("A group among sections has no label to show.")),
    Entry("row_outside_grid", _E, _S, ("type",), mark("A row of the type row stands outside a grid.")),
    Entry("not_for_a_grid", _W, _S, ("type",), mark("A question without choices stands in a grid.")),
    Entry("other_scale", _W, _S, ("type",), mark("A row of a grid has another list than the others.")),
    Entry("default_disposition", _N, _S, ("cati_disposition",), mark("An end of the interview names no disposition.")),
    Entry("idle_quota", _W, _S, ("type",), mark("Nothing is asked behind a quota point.")),
    Entry("after_the_end", _W, _S, ("type",), mark("A question stands behind a row that ends every interview.")),
    # Choices
    Entry("choice_without_list", _W, _C, ("list_name",), mark("A choice belongs to no list.")),
    Entry("choice_without_name", _EW, _C, ("name",),
          mark("A choice has no name; a row of nothing but a list’s name is left out.")),
    Entry("choice_without_label", _W, _C, ("label",), mark("A choice has no label; its name is read.")),
    Entry("duplicate_choice", _EW, _C, ("name",),
          mark("A choice stands twice in its list: an error unless both rows are alike.")),
    Entry("blank_in_choice_name", _EW, _C, ("name",),
          mark("The name of a choice holds a blank: an error where several may be chosen.")),
    Entry("no_choice_list", _E, _S, ("type",), mark("A question names no list, or one that does not exist.")),
    Entry("empty_list", _W, _S, ("type",), mark("The file of the choices holds none.")),
    Entry("unused_list", _N, _C, ("list_name",), mark("No question uses a list.")),
    Entry("idle_exclusive", _N, _C, ("cati_exclusive",),
          mark("cati_exclusive stands where one answer is chosen anyway.")),
    Entry("idle_anchor", _N, _SC, ("cati_anchor",), mark("cati_anchor stands where no order changes.")),
    Entry("specify_in_search", _N, _S, ("type",), mark("An answer with an open field can be found by typing only.")),
    Entry("nothing_to_order", _W, _S, ("cati_order", "parameters"),
          mark("An order is asked for where nothing can move.")),
    Entry("long_list", _W, _S, ("cati_instruction",),
          mark("A list has more than seven choices and no instruction how to ask it.")),
    Entry("long_text", _W, _S, ("label",), mark("More than sixty words are read aloud at once.")),
    # Expressions
    Entry("expression", _E, _S, _EXPRESSIONS, mark("An expression cannot be read.")),
    Entry("unknown_function", _E, _S, _EXPRESSIONS, mark("An expression calls a function that does not exist.")),
    Entry("outside", _E, _S, _EXPRESSIONS, mark("An expression follows a path that this dialect does not have.")),
    Entry("unknown_reference", _E, _SC, (*_EXPRESSIONS, *_TEXTS, "trigger", "type"),
          mark("A name in an expression or a text belongs to no question.")),
    Entry("stays_empty", _W, _S, _EXPRESSIONS, mark("An expression asks for what is not there on the telephone.")),
    Entry("circle", _E, _S, ("relevant", "calculation", "repeat_count"),
          mark("Rows depend on each other in a circle.")),
    Entry("forward_reference", _W, _S, (*_EXPRESSIONS, *_TEXTS),
          mark("A condition, check or text looks at a question that is asked later.")),
    Entry("first_member", _W, _S, _EXPRESSIONS,
          mark("A row outside a roster reads a question of the roster as if it had one answer.")),
    Entry("bare_word", _W, _S, _EXPRESSIONS, mark("A word in an expression is neither a name nor a text.")),
    Entry("no_such_column", _W, _S, _EXPRESSIONS, mark("A list or table has no column of this name.")),
    Entry("not_in_list", _W, _S, _EXPRESSIONS,
          mark("A question is compared with a choice that its list does not have.")),
    Entry("unreachable", _W, _S, ("relevant",), mark("The condition of a row can never hold.")),
    Entry("never_satisfied", _W, _S, ("constraint", "cati_soft"), mark("No answer can fulfil a check.")),
    Entry("bound_outside_range", _W, _S, ("constraint", "cati_soft"),
          mark("A check asks for numbers that the range does not have.")),
    Entry("true_when_empty", _W, _S, ("relevant", "required"),
          mark("A condition with “is not” also holds when the question has no answer.")),
    Entry("always_true", _W, _S, _EXPRESSIONS, mark("A value stands alone where a comparison is meant.")),
    Entry("quoted_reference", _W, _S, _EXPRESSIONS, mark("The name of an answer stands in quotation marks.")),
    Entry("number_with_text", _W, _S, _EXPRESSIONS, mark("A number is compared with a text.")),
    Entry("date_with_number", _W, _S, _EXPRESSIONS, mark("A date is compared with a number.")),
    Entry("no_date", _W, _S, _EXPRESSIONS, mark("A text stands for a date or time but is none.")),
    Entry("date_format", _W, _S, _EXPRESSIONS, mark("The format of a date holds a sign that stands for nothing.")),
    Entry("condition_with_text", _W, _S, _EXPRESSIONS, mark("A condition is compared with a text.")),
    Entry("choices_compared", _W, _S, _EXPRESSIONS, mark("= is used where several choices are possible.")),
    Entry("choices_counted", _W, _S, _EXPRESSIONS, mark("Several choices are counted with as if they were a number.")),
    Entry("several_choices", _W, _S, _EXPRESSIONS, mark("selected() is asked for several choices at once.")),
    Entry("no_choices", _W, _S, _EXPRESSIONS, mark("A question without choices is asked for one.")),
    Entry("text_counted", _W, _S, _EXPRESSIONS, mark("A text is counted with.")),
    Entry("pattern", _W, _S, _EXPRESSIONS, mark("The pattern of regex() cannot be read.")),
    # Other programs
    Entry("not_exported", _N, (EXPORT,), (), mark("Other programs do not know this; the exported form loses it.")),
    Entry("pyxform", _N, (EXPORT,), (), mark("pyxform remarked on the exported form.")),
)  # fmt: skip

CATALOGUE = {entry.code: entry for entry in _ENTRIES}
"""Every kind of finding by its code, in the order of the manual."""

_GRAVE = {Severity.ERROR: mark("error"), Severity.WARNING: mark("warning"), Severity.NOTE: mark("note")}
_SHEETS = {FILE: mark("the file"), EXPORT: mark("exporting")}


def catalogue_as_markdown() -> str:
    """Return all findings as a table in Markdown, in the language in force."""
    head = [tr("Finding"), tr("How grave"), tr("Where"), tr("What it means")]
    rows = [head, ["---"] * len(head)]
    for entry in CATALOGUE.values():
        grave = ", ".join(tr(_GRAVE[severity]) for severity in entry.severities)
        where = ", ".join(tr(_SHEETS[sheet]) if sheet in _SHEETS else sheet for sheet in entry.sheets)
        columns = f": {', '.join(entry.columns)}" if 0 < len(entry.columns) <= _COLUMNS_SHOWN else ""
        rows.append([entry.code, grave, f"{where}{columns}", tr(entry.says)])
    return "\n".join(f"| {' | '.join(cell.replace('_', chr(92) + '_') for cell in row)} |" for row in rows) + "\n"
