"""Everything about one line of a questionnaire, in one language or two side by side."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QTextBrowser

from cati.survey.diagnostics import Diagnostic, Severity
from cati.survey.outline import GROUPS, Line, choice_notes, kind_words
from cati.survey.outline_facts import facts, language_name
from cati.survey.questionnaire import Item
from cati.survey.skips import DONT_KNOW, REFUSED
from cati.text import tr, trn
from cati.ui import theme
from cati.ui.questionnaire_problems import SIGNS

if TYPE_CHECKING:
    from cati.fieldwork.questionnaire_reading import Looked

_MOST_CHOICES = 200
_RIGHT_TO_LEFT = frozenset({"ar", "he", "fa", "ur", "ps", "yi", "dv", "ckb"})


class Detail(QTextBrowser):
    """What is wrong with the line, its texts, its answers with where they lead, and who is asked it."""

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName(tr("The question in full"))
        self.setOpenLinks(False)
        self.document().setDocumentMargin(1.5 * theme.unit())

    def show_line(self, looked: Looked, at: int, languages: Sequence[str]) -> None:
        """Show a line in these languages, the first of which the conditions speak."""
        self.setHtml(page_of(looked, at, languages))


def page_of(looked: Looked, at: int, languages: Sequence[str]) -> str:
    """Return the HTML of one line."""
    outline, line = looked.outline, looked.outline.lines[at]
    parts = [_head(looked, line, at), *(_problem(one) for one in looked.problems_at(at))]
    parts.append(_side_by_side([_texts(looked, line, code) for code in languages], looked, languages))
    item = outline.item(line)
    if item is not None and item.choices:
        parts.append(_choices(looked, item, languages))
    parts.append(_facts(looked, line, languages[0]))
    return "".join(parts)


def _head(looked: Looked, line: Line, at: int) -> str:
    words = [kind_words(looked.outline, line), line.name]
    if looked.rows[at]:
        words.append(tr("row {row}", row=looked.rows[at]))
    number = f"<b>{escape(line.number)}</b> · " if line.number else ""
    return _paragraph(number + escape(" · ".join(words)), colour=theme.colours().quiet.name())


def _problem(problem: Diagnostic) -> str:
    c = theme.colours()
    place = tr("column {column}", column=problem.column) + ": " if problem.column else ""
    colour = {Severity.ERROR: c.problem, Severity.NOTE: c.quiet}.get(problem.severity, c.caution)
    words = escape(f"{SIGNS[problem.severity]} {place}{problem.what} {problem.do}".strip())
    return _paragraph(words, colour=colour.name())


def _texts(looked: Looked, line: Line, code: str) -> str:
    outline = looked.outline
    size = round(theme.font_of("text").pointSizeF() * 1.25, 1)
    bold = "font-weight:600;" if line.kind in GROUPS else ""
    words = outline.words(line)
    text = outline.shown(words, code) if words else ""
    missing = bool(words) and not words.get(code) and "" not in words
    found = _paragraph(_broken(text), direction=code, style=f"font-size:{size}pt;{bold}") if text else ""
    if missing:
        found = _paragraph(escape(tr("not in this language; shown is another")), colour=theme.colours().caution.name())
        found += _paragraph(_broken(text), direction=code, style=f"font-size:{size}pt;", colour=_quiet())
    item = outline.item(line)
    if item is not None and item.instruction:
        instruction = outline.shown(item.instruction, code)
        found += _paragraph(f"<i>{_broken(instruction)}</i>", direction=code, colour=_quiet())
    return found


def _side_by_side(columns: Sequence[str], looked: Looked, languages: Sequence[str]) -> str:
    if len(columns) == 1:
        return columns[0]
    share = 100 // len(columns)
    heads = "".join(
        f'<td width="{share}%">{_small(escape(language_name(looked.outline, code)))}</td>' for code in languages
    )
    cells = "".join(f'<td width="{share}%" valign="top">{column}</td>' for column in columns)
    gap = theme.unit()
    return f'<table width="100%" cellspacing="0" cellpadding="{gap // 2}"><tr>{heads}</tr><tr>{cells}</tr></table>'


def _choices(looked: Looked, item: Item, languages: Sequence[str]) -> str:
    outline = looked.outline
    listed = outline.questionnaire.choice_lists.get(item.choices, ())
    if not listed:
        nothing = tr("The list “{name}” is empty: nothing can be chosen.", name=item.choices)
        return _heading(tr("Answers")) + _paragraph(escape(nothing), colour=theme.colours().caution.name())
    at = outline.lines[outline.at_item[item.name]].at
    skips = looked.skips.get(at) if at is not None else None
    rows = []
    for choice in listed[:_MOST_CHOICES]:
        note = choice_notes(choice)
        cells = [_small(escape(choice.name))]
        cells += [
            f"<span>{_broken(outline.shown(choice.label, code) or choice.name)}</span>"
            + (f" {_small(escape(note))}" if note and code == languages[0] else "")
            for code in languages
        ]
        cells.append(_lead(looked, skips.after[choice.name]) if skips and choice.name in skips.after else "")
        rows.append((cells, languages))
    if skips is not None:
        for state, words in ((DONT_KNOW, tr("don’t know")), (REFUSED, tr("prefers not to say"))):
            if state in skips.after:
                cells = ["", *(_small(escape(words)) for _ in languages), _lead(looked, skips.after[state])]
                rows.append((cells, ()))
    body = "".join(_row(cells, codes) for cells, codes in rows)
    more = len(listed) - _MOST_CHOICES
    tail = _paragraph(escape(trn("and 1 more", "and {n} more", more)), colour=_quiet()) if more > 0 else ""
    pad = max(2, theme.unit() // 3)
    return _heading(tr("Answers")) + f'<table cellspacing="0" cellpadding="{pad}">{body}</table>' + tail


def _row(cells: Sequence[str], languages: Iterable[str]) -> str:
    codes = ["", *languages]
    return "<tr>" + "".join(
        f'<td valign="top"{_direction(codes[at]) if at < len(codes) else ""}>{cell}</td>'
        for at, cell in enumerate(cells)
    ) + "</tr>"  # fmt: skip


def _lead(looked: Looked, target: int | None) -> str:
    outline = looked.outline
    if target is None:
        words = tr("end")
    else:
        name = outline.questionnaire.items[target].name
        words = outline.numbers.get(name, name)
    return f'<span style="color:{theme.colours().accent.name()};white-space:nowrap">→&nbsp;{escape(words)}</span>'


def _facts(looked: Looked, line: Line, language: str) -> str:
    found = facts(looked.outline, line, language)
    if not found:
        return ""
    rows = []
    for fact in found:
        source = ""
        if fact.source and fact.source != fact.words:
            written = f'<span style="font-family:monospace">{escape(fact.source)}</span>'
            source = f"<br>{_small(written)}"
        rows.append(
            f'<tr><td valign="top" style="color:{_quiet()}">{escape(fact.title)}</td>'
            f'<td valign="top">{_broken(fact.words)}{source}</td></tr>'
        )
    pad = max(2, theme.unit() // 3)
    return _heading(tr("Routing and checks")) + f'<table cellspacing="0" cellpadding="{pad}">{"".join(rows)}</table>'


def _heading(words: str) -> str:
    return f'<p style="margin-top:{theme.unit()}px;margin-bottom:2px"><b>{escape(words)}</b></p>'


def _paragraph(inside: str, *, colour: str = "", direction: str = "", style: str = "") -> str:
    look = f"margin-top:0;margin-bottom:{theme.unit() // 2}px;" + (f"color:{colour};" if colour else "") + style
    return f'<p{_direction(direction)} style="{look}">{inside}</p>'


def _direction(code: str) -> str:
    return ' dir="rtl"' if code.partition("-")[0].lower() in _RIGHT_TO_LEFT else ""


def _small(inside: str) -> str:
    size = round(theme.font_of("small").pointSizeF(), 1)
    return f'<span style="font-size:{size}pt;color:{_quiet()}">{inside}</span>'


def _quiet() -> str:
    return theme.colours().quiet.name()


def _broken(text: str) -> str:
    return escape(text).replace("\n", "<br>")
