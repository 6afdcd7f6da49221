"""The two papers of a new study, to print: the seal for the safe, and what the office needs to seal its list."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from cati import places
from cati.settings import StudySettings
from cati.text import show_moment, tr

if TYPE_CHECKING:
    from cati.fieldwork.study import CreatedStudy

_PAGE = """<!DOCTYPE html>
<html lang="{language}"><head><meta charset="utf-8"><title>{title}</title>
<style>body {{ font-family: sans-serif; font-size: 11pt; }} .mono {{ font-family: monospace; font-size: 13pt; }}
.key {{ font-family: monospace; font-size: 10pt; }}
h1 {{ font-size: 17pt; }} h2 {{ font-size: 12pt; }} td {{ vertical-align: top; }}</style></head>
<body><h1>{title}</h1>{body}</body></html>
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One sheet: ``name`` is its file name without a suffix, ``html`` a whole page; a ``secret`` one stays on paper."""

    name: str
    title: str
    html: str = field(repr=False)
    secret: bool = False


def sheets(created: CreatedStudy, settings: StudySettings) -> tuple[Sheet, ...]:
    """Return the seal's paper copy and the office's sheet, in the language in force, without writing them anywhere."""
    return (_seal(created, settings), _office(created, settings))


def write_sheets(created: CreatedStudy, settings: StudySettings, folder: Path) -> tuple[Path, ...]:
    """Write both sheets as HTML, readable for their owner only; for the terminal, which cannot print.

    Whoever calls this must say that the seal's sheet is to be printed and deleted; the sheet says it too.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    paths = []
    for sheet in sheets(created, settings):
        path = folder / f"{sheet.name}.html"
        write_private(path, sheet.html.encode())
        paths.append(path)
    _remember(created.study_id, folder)
    return tuple(paths)


def _remember(study_id: str, folder: Path) -> None:
    """Note where the papers were written: the erasure looks whether the seal's sheet was deleted there."""
    note = places.own_folder() / "papers" / study_id
    note.parent.mkdir(parents=True, exist_ok=True)
    write_private(note, os.fsencode(folder.resolve()))


def papers_of(study_id: str) -> Path | None:
    """Return the folder where this study's papers were written as files here, None when they never were."""
    note = places.own_folder() / "papers" / study_id
    return Path(os.fsdecode(note.read_bytes())) if note.is_file() else None


def write_private(path: Path, content: bytes) -> None:
    """Write a file that only its owner may read, from the first byte on; what stood there is replaced, not followed."""
    path.unlink(missing_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as out:
        out.write(content)


def _page(title: str, *parts: str) -> str:
    from cati.text import language  # noqa: PLC0415 - one word of it

    return _PAGE.format(language=language(), title=escape(title), body="".join(parts))


def _paragraph(text: str) -> str:
    return f"<p>{escape(text)}</p>"


def _mono(*lines: str) -> str:
    return '<p class="mono" style="line-height: 150%">' + "<br>".join(escape(line) for line in lines) + "</p>"


def _key(line: str) -> str:
    """Return a long line in letters so small that it fits the sheet; broken, its last character would get lost."""
    return f'<p class="key">{escape(line)}</p>'


def grouped(key: str) -> str:
    """Return a key in hexadecimal in groups of eight, to read out and to compare; blanks in it do not matter."""
    return " ".join(key[at : at + 8] for at in range(0, len(key), 8))


def _heading(text: str) -> str:
    return f"<h2>{escape(text)}</h2>"


def _steps(*lines: str) -> str:
    return "<ol>" + "".join(f"<li>{escape(line)}</li>" for line in lines) + "</ol>"


def _seal(created: CreatedStudy, settings: StudySettings) -> Sheet:
    title = tr("Paper copy of the seal")
    html = _page(
        title,
        _paragraph(tr("Study: {name}", name=settings.name)),
        _paragraph(tr("Keep this sheet in a safe, away from the workstation and from all backups.")),
        _paragraph(tr("Is this a file? Print it, then delete the file: a copy of it undoes the erasure.")),
        _mono(*created.paper_seal),
        _paragraph(
            tr(
                "With the seal and a member’s password the contacts can be read. When the contacts are erased, "
                "this sheet must be destroyed as well; the erasure record asks for it."
            )
        ),
        _heading(tr("Public key of the erasure record")),
        _paragraph(tr("It stands on the office’s sheet as well, because this one is destroyed.")),
        _key(grouped(created.record_public_key)),
    )
    return Sheet(name="seal", title=title, html=html, secret=True)


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
            tr("Hand it over, and separately the slip with the number of rows and the file’s SHA-256."),
        ),
        _heading(tr("Recipient")),
        _key(created.recipient),
        _heading(tr("Fingerprint, to compare by telephone")),
        _mono(created.recipient_fingerprint),
        _heading(tr("Instead: a password")),
        _paragraph(
            tr(
                "An Excel file with a password to open it (.xlsx), or a ZIP file encrypted with AES-256, is taken too. "
                "Tell the password by telephone, never in the same message. Copies in mailboxes stay "
                "readable with a password."
            )
        ),
        _heading(tr("What the list holds")),
        _paragraph(
            tr(
                "One row a person: form of address, names, telephone numbers, site, department, date "
                "of the last contact, "
                "preferred calling time, consent (date, way, version of the wording, who recorded it). No remarks."
            )
        ),
        _paragraph(
            tr(
                "Versions of the wording: {versions}",
                versions=", ".join(wording.version for wording in settings.consent),
            )
        ),
        _paragraph(
            tr(
                "Only people who had to do with the office from {first} to {last} and who consented.",
                first=show_moment(settings.contact_from, "d MMMM yyyy"),
                last=show_moment(settings.contact_to, "d MMMM yyyy"),
            )
        ),
        _heading(tr("Sites and departments, as the list may name them")),
        _paragraph(tr("By the name or by the short code in brackets.")),
        _places(settings),
        _heading(tr("At the end: was everything erased?")),
        _paragraph(
            tr(
                "After the study the institute erases the contacts and signs a record of it. With this key you, or "
                "anybody, can check that the record is genuine and unchanged. The key is no secret; keep this sheet "
                "until then."
            )
        ),
        _key(grouped(created.record_public_key)),
        _paragraph('cati verify-erasure erasure_record.json --key "…"'),
    )
    return Sheet(name="office", title=title, html=html)


def _places(settings: StudySettings) -> str:
    """Return a table of the sites, each with its departments."""
    rows = []
    for site in settings.sites:
        departments = ", ".join(_named(department.name, department.code) for department in site.departments)
        rows.append(f"<tr><td>{escape(_named(site.name, site.code))}</td><td>{escape(departments)}</td></tr>")
    return '<table cellspacing="0" cellpadding="6">' + "".join(rows) + "</table>"


def _named(name: str, code: str) -> str:
    return f"{name} ({code})" if name != code else name
