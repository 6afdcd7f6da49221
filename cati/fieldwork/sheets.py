"""The two papers of a new study, to print: the seal for the safe, and what the office needs to seal its list."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from cati.settings import StudySettings
from cati.text import tr

if TYPE_CHECKING:
    from cati.fieldwork.study import CreatedStudy

_PAGE = """<!DOCTYPE html>
<html lang="{language}"><head><meta charset="utf-8"><title>{title}</title>
<style>body {{ font-family: sans-serif; font-size: 11pt; }} .mono {{ font-family: monospace; font-size: 13pt; }}
h1 {{ font-size: 17pt; }} h2 {{ font-size: 12pt; }} td {{ padding: 2pt 8pt; }}</style></head>
<body><h1>{title}</h1>{body}</body></html>
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One sheet: ``name`` is its file name without a suffix, ``html`` a whole page."""

    name: str
    title: str
    html: str = field(repr=False)


def sheets(created: CreatedStudy, settings: StudySettings) -> tuple[Sheet, ...]:
    """Return the seal's paper copy and the office's sheet, in the language in force, without writing them anywhere."""
    return (_seal(created, settings), _office(created, settings))


def write_sheets(created: CreatedStudy, settings: StudySettings, folder: Path) -> tuple[Path, ...]:
    """Write both sheets as HTML, readable for their owner only; for the terminal, which cannot print.

    Whoever calls this must say that the seal's sheet is to be printed and deleted.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    paths = []
    for sheet in sheets(created, settings):
        path = folder / f"{sheet.name}.html"
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as out:
            out.write(sheet.html)
        paths.append(path)
    return tuple(paths)


def _page(title: str, *parts: str) -> str:
    from cati.text import language  # noqa: PLC0415 - one word of it

    return _PAGE.format(language=language(), title=escape(title), body="".join(parts))


def _paragraph(text: str) -> str:
    return f"<p>{escape(text)}</p>"


def _mono(*lines: str) -> str:
    return "".join(f'<p class="mono">{escape(line)}</p>' for line in lines)


def _steps(*lines: str) -> str:
    return "<ol>" + "".join(f"<li>{escape(line)}</li>" for line in lines) + "</ol>"


def _seal(created: CreatedStudy, settings: StudySettings) -> Sheet:
    title = tr("Paper copy of the seal")
    html = _page(
        title,
        _paragraph(tr("Study: {name}", name=settings.name)),
        _paragraph(tr("Keep this sheet in a safe, away from the workstation and from all backups.")),
        _mono(*created.paper_seal),
        _paragraph(
            tr(
                "With the seal and a member's password the contacts can be read. When the contacts are erased, "
                "this sheet must be destroyed as well; the erasure record asks for it."
            )
        ),
        f"<h2>{escape(tr('Public key of the erasure record'))}</h2>",
        _paragraph(tr("With it anybody can check the record later: cati verify-erasure RECORD --key KEY")),
        _mono(created.record_public_key),
    )
    return Sheet(name="seal", title=title, html=html)


def _office(created: CreatedStudy, settings: StudySettings) -> Sheet:
    title = tr("For the office: how to hand over the list")
    html = _page(
        title,
        _paragraph(tr("Study: {name}", name=settings.name)),
        _paragraph(tr("{institute} calls for {client}.", institute=settings.institute, client=settings.client)),
        _steps(
            tr(
                "Seal the list to this recipient, with the program age or with “cati seal”: nobody "
                "but the institute can open it then."
            ),
            tr("Hand it over, and separately the slip with the number of rows and the file's SHA-256."),
        ),
        f"<h2>{escape(tr('Recipient'))}</h2>",
        _mono(created.recipient),
        f"<h2>{escape(tr('Fingerprint, to compare by telephone'))}</h2>",
        _mono(created.recipient_fingerprint),
        f"<h2>{escape(tr('Instead: a password'))}</h2>",
        _paragraph(
            tr(
                "An Excel file with a password to open it (.xlsx), or a ZIP file encrypted with AES-256, is taken too. "
                "Tell the password by telephone, never in the same message. Copies in mailboxes stay "
                "readable with a password."
            )
        ),
        f"<h2>{escape(tr('What the list holds'))}</h2>",
        _paragraph(
            tr(
                "One row a person: form of address, names, telephone numbers, site, department, date "
                "of the last contact, "
                "preferred calling time, consent (date, way, version of the wording, who recorded it). No remarks."
            )
        ),
        _paragraph(
            tr(
                "Only people who had to do with the office from {first} to {last} and who consented.",
                first=settings.contact_from.isoformat(),
                last=settings.contact_to.isoformat(),
            )
        ),
    )
    return Sheet(name="office", title=title, html=html)
