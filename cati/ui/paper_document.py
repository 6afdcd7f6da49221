"""The paper version of a questionnaire set as text: each block by itself, so that no question is torn apart."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from cati.survey.paper import Annex, Block, Matrix, Paper, Question, Said, Tick, Title
from cati.text import speaking, tr, trn

QUIET, GREY = "#4a5257", "#ececec"
"""Ink that stays readable from any printer."""

ONE, ANY = "○", "☐"
_UNBOUND = {0x2066: None, 0x2069: None}
_ROWS_AT_ONCE = 12
_SIZES = {1: 15, 2: 12.5, 3: 11.5}


def head_of(paper: Paper) -> str:
    """Return what stands above everything on the first page."""
    facts = [
        (tr("Version"), paper.version or "–"),
        (tr("Language"), paper.language),
        (tr("Questions"), str(paper.questions)),
        (tr("Check number"), paper.fingerprint),
    ]
    flip = paper.right_to_left
    rows = "".join(
        _row(f'<td style="color:{QUIET}">{escape(name)}</td>', f"<td>{escape(value)}</td>", flip=flip)
        for name, value in facts
    )
    side = ' align="right"' if flip else ""
    line = "_" * 30
    return (
        f'<p style="font-size:20pt;font-weight:600;margin-top:0;margin-bottom:6px">{escape(paper.title)}</p>'
        f'<table{side} cellpadding="2" cellspacing="0">{rows}</table>'
        f'<p style="color:{QUIET};margin-top:10px">{_own(_legend())}</p>'
        f'<p style="margin-top:14px;margin-bottom:14px">{escape(tr("Approved"))}: {line}&nbsp;&nbsp; '
        f'<span style="color:{QUIET}">{escape(tr("date, signature"))}</span></p>'
    )


def _legend() -> str:
    return tr(
        "{one} one answer, {any} several answers are possible. Grey lines say who is asked; without one, everybody is. "
        "→ 12 means: continue with question 12. What is in italics is for the interviewer and not read aloud. "
        "Words in [brackets] are filled in during the interview.",
        one=ONE,
        any=ANY,
    )


def blocks_of(paper: Paper) -> Iterator[tuple[str, bool]]:
    """Yield the HTML of each block, and whether it must stay with the next one."""
    for html, glued in _blocks(paper):
        # The signs that hold a sentence together come from another font and cost height: only where they are needed.
        yield html if paper.right_to_left else html.translate(_UNBOUND), glued


def _blocks(paper: Paper) -> Iterator[tuple[str, bool]]:
    for block in paper.blocks:
        if isinstance(block, Title):
            yield _title(block), True
        elif isinstance(block, Matrix):
            for at in range(0, len(block.rows), _ROWS_AT_ONCE):
                yield _matrix(block, at, paper.right_to_left), False
        else:
            yield _block(block, paper.right_to_left), False
    if paper.annexes:
        yield _title(Title(tr("Long lists"), 1)), True
    for annex in paper.annexes:
        yield from _annex(annex, paper.right_to_left)


def whole_of(paper: Paper) -> str:
    """Return the HTML of the whole paper, for reading on the screen."""
    gap = '<p style="font-size:5pt;margin-top:0;margin-bottom:0">&nbsp;</p>'
    with speaking(paper.notes):
        return head_of(paper) + "".join(gap + html for html, _glued in blocks_of(paper))


def _block(block: Block, flip: bool) -> str:
    if isinstance(block, Question):
        return _question(block, flip)
    return _said(block, flip) if isinstance(block, Said) else ""


def _row(*cells: str, flip: bool) -> str:
    """Return a row of a table; where reading goes from right to left its first cell stands on the right."""
    return f"<tr>{''.join(reversed(cells) if flip else cells)}</tr>"


def _own(words: str) -> str:
    """Return a sentence of this program so that its signs keep their order in a text from right to left."""
    return f"\u2066{escape(words)}\u2069" if words else ""


def _title(block: Title) -> str:
    size = _SIZES.get(block.level, 11)
    rule = "<hr>" if block.level == 1 else ""
    words = f'<p style="font-size:{size}pt;font-weight:600;margin-top:0;margin-bottom:4px">{_lines(block.text)}</p>'
    if not block.text:
        words = ""
    note = f'<p style="color:{QUIET};margin-top:0;margin-bottom:2px">↻ {_own(block.note)}</p>' if block.note else ""
    return rule + words + _only_if(block.only_if) + note


def _only_if(words: str) -> str:
    if not words:
        return ""
    return (
        f'<table width="100%" cellspacing="0" cellpadding="3"><tr><td bgcolor="{GREY}">'
        f'<span style="font-size:9pt">{_own(tr("Only if {condition}", condition=words))}</span></td></tr></table>'
    )


def _numbered(number: str, inside: str, flip: bool) -> str:
    first = f'<td width="7%" valign="top"><b>{escape(number)}</b></td>'
    row = _row(first, f'<td width="93%">{inside}</td>', flip=flip)
    return f'<table width="100%" cellspacing="0" cellpadding="0">{row}</table>'


def _question(block: Question, flip: bool) -> str:
    parts = [
        _only_if(block.only_if),
        f'<p style="font-size:11pt;margin-top:0;margin-bottom:3px">{_lines(block.text)}</p>',
    ]
    parts.append(_instruction(block.instruction))
    if block.ticks:
        parts.append(_ticks(block, flip))
        parts.append(_note(f"({block.limits})") if block.limits else "")
    else:
        parts.append(_room(block))
    if block.order:
        parts.append(_note(f"{tr('Order of the choices')}: {block.order}"))
    if block.otherwise:
        far = "left" if flip else "right"
        parts.append(f'<p align="{far}" style="margin-top:2px;margin-bottom:0"><b>{_own(block.otherwise)}</b></p>')
    parts.append(_without(block.without))
    return _numbered(block.number, "".join(parts), flip)


def _ticks(block: Question, flip: bool) -> str:
    far = "left" if flip else "right"
    sign = ANY if block.several else "__" if block.ranked else ONE
    cells = [_tick(sign, tick) for tick in block.ticks]
    if len(cells) > 10 and not any(tick.leads for tick in block.ticks):  # noqa: PLR2004 - long lists in two columns
        half = (len(cells) + 1) // 2
        rows = "".join(
            _row(f'<td width="50%">{left}</td>', f'<td width="50%">{right}</td>', flip=flip)
            for left, right in zip(cells[:half], [*cells[half:], ""], strict=False)
        )
    else:
        rows = "".join(
            _row(f"<td>{cell}</td>", f'<td align="{far}"><b>{_own(tick.leads)}</b></td>', flip=flip)
            for cell, tick in zip(cells, block.ticks, strict=True)
        )
    return f'<table width="100%" cellspacing="0" cellpadding="1">{rows}</table>'


def _tick(sign: str, tick: Tick) -> str:
    note = f' <span style="color:{QUIET};font-size:8.5pt">({_own(tick.note)})</span>' if tick.note else ""
    return f"{sign}&nbsp;&nbsp;{_lines(tick.label)}{_code(tick.code)}{note}"


def _below(code: str) -> str:
    return f'<br><span style="color:{QUIET}">{escape(code)}</span>' if code else ""


def _code(code: str) -> str:
    return f' <span style="color:{QUIET};font-size:7.5pt">&nbsp;{escape(code)}</span>' if code else ""


def _room(block: Question) -> str:
    if block.annex:
        return _note(tr("From the list “{name}” at the end:", name=block.annex) + " " + "_" * 30)
    blank = {
        "number": "_" * 8,
        "date": "__ . __ . ____",
        "time": "__ : __",
        "moment": "__ . __ . ____&nbsp;&nbsp; __ : __",
    }.get(block.room, "_" * 62)
    if block.room == "lines":
        blank = "<br>".join(["_" * 62] * 3)
    gap = "<br>" if block.room in ("line", "lines") else " "  # a long line leaves no room beside it
    limits = f'{gap}<span style="color:{QUIET};font-size:8.5pt">({_own(block.limits)})</span>' if block.limits else ""
    return f'<p style="margin-top:4px;margin-bottom:2px;color:{QUIET}">{blank}{limits}</p>'


def _without(ticks: tuple[Tick, ...]) -> str:
    if not ticks:
        return ""
    words = "&nbsp;&nbsp;&nbsp; ".join(
        f"{ONE} {_own(tick.label)}" + (f" <b>{_own(tick.leads)}</b>" if tick.leads else "") for tick in ticks
    )
    return f'<p style="color:{QUIET};font-size:8.5pt;margin-top:3px;margin-bottom:0">{words}</p>'


def _matrix(block: Matrix, start: int, flip: bool) -> str:
    rows = block.rows[start : start + _ROWS_AT_ONCE]
    first = 32
    # The columns share what is left by the length of their words: a share in figures would break long ones.
    codes = block.codes or ("",) * len(block.columns)
    heads = [
        f'<td align="center" valign="bottom" style="font-size:7pt">{_lines(label)}{_below(code)}</td>'
        for label, code in zip(block.columns, codes, strict=True)
    ]
    boxes = [f'<td align="center" valign="middle">{ONE}</td>'] * len(block.columns)
    body = "".join(_row(*_row_head(*row, width=first), *boxes, flip=flip) for row in rows)
    head = _row("<td></td>", "<td></td>", *heads, flip=flip)
    table = f'<table width="100%" cellspacing="0" cellpadding="3">{head}{body}</table>'
    return (_instruction(block.instruction) if start == 0 else "") + table + _without(block.without)


def _row_head(number: str, text: str, only_if: str, *, width: int) -> tuple[str, str]:
    words = _lines(text)
    if only_if:
        condition = _own(tr("Only if {condition}", condition=only_if))
        words += f'<br><span style="font-size:8.5pt">{condition}</span>'
    return f'<td width="6%" valign="top"><b>{escape(number)}</b></td>', f'<td width="{width}%">{words}</td>'


def _said(block: Said, flip: bool) -> str:
    inside = _only_if(block.only_if)
    if block.text:
        inside += f'<p style="font-size:11pt;margin-top:0;margin-bottom:3px">{_lines(block.text)}</p>'
    inside += _instruction(block.instruction)
    if block.ends:
        words = _own(tr("End of the interview: {outcome}", outcome=block.ends))
        inside += f'<p style="margin-top:0;margin-bottom:2px"><b>■ {words}</b></p>'
    return _numbered("", inside, flip)


def _instruction(text: str) -> str:
    return f'<p style="margin-top:0;margin-bottom:3px;color:{QUIET}"><i>{_lines(text)}</i></p>' if text else ""


def _note(text: str) -> str:
    return f'<p style="margin-top:2px;margin-bottom:2px;color:{QUIET};font-size:9pt">{_own(text)}</p>'


def _annex(annex: Annex, flip: bool) -> Iterator[tuple[str, bool]]:
    labels = annex.labels
    count = trn("1 answer", "{n} answers", annex.total)
    if annex.total > len(labels):
        count += "; " + tr("the first {n} are printed here", n=len(labels))
    yield f'<p style="margin-top:8px;margin-bottom:2px"><b>{escape(annex.name)}</b> · {_own(count)}</p>', True
    across = 3
    for at in range(0, len(labels), across * _ROWS_AT_ONCE):
        part = labels[at : at + across * _ROWS_AT_ONCE]
        high = (len(part) + across - 1) // across
        cells = [f'<td width="33%" style="font-size:8.5pt">{escape(one)}</td>' for one in part]
        rows = "".join(_row(*cells[row::high], flip=flip) for row in range(high))
        yield f'<table width="100%" cellspacing="0" cellpadding="1">{rows}</table>', False


def _lines(text: str) -> str:
    return escape(text).replace("\n", "<br>")
