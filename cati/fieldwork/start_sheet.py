"""Start passwords on paper: one slip for a new member, or a sheet for all when a study comes to a server."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape

from cati.text import language, tr

_PAGE = """<!DOCTYPE html>
<html lang="{language}"><head><meta charset="utf-8"><title>{title}</title>
<style>body {{ font-family: sans-serif; font-size: 11pt; }} .mono {{ font-family: monospace; font-size: 13pt; }}
section {{ break-inside: avoid; border-bottom: 1px dashed #777; padding: 1em 0; }}
h1 {{ font-size: 17pt; }} h2 {{ font-size: 12pt; }}</style></head>
<body><h1>{title}</h1>{body}</body></html>
"""


@dataclass(frozen=True, slots=True)
class StartPassword:
    """What one member needs for the first sign-in, besides the own password."""

    login: str
    name: str
    password: str = field(repr=False)


def start_sheet(study: str, link_name: str, starts: Sequence[StartPassword]) -> str:
    """Return the sheet as a whole HTML page, one strip a member to cut off, in the language in force."""
    strips = "".join(_strip(study, link_name, start) for start in starts)
    about = tr(
        "Print this sheet, cut it, hand every strip to its person, and delete the file. "
        "A strip opens the connection once and no contact: that takes the person’s own password and the seal."
    )
    return _PAGE.format(
        language=language(), title=escape(tr("Start passwords")), body=f"<p>{escape(about)}</p>{strips}"
    )


def _strip(study: str, link_name: str, start: StartPassword) -> str:
    said = tr(
        "Open {link}, sign in with your own password as before, and give this start password the first time:",
        link=link_name,
    )
    return (
        f"<section><h2>{escape(start.name)} ({escape(start.login)}) · {escape(study)}</h2><p>{escape(said)}</p>"
        f'<p class="mono">{escape(start.password)}</p></section>'
    )


def start_slip(study: str, start: StartPassword) -> str:
    """Return one member's slip as a whole HTML page, in the language in force; it is printed and kept nowhere."""
    said = tr(
        "Sign in with this name and this start password, exactly as it stands here. The program then asks for a "
        "password of your own; destroy this slip afterwards."
    )
    lines = (
        f"<section><h2>{escape(start.name)} · {escape(study)}</h2><p>{escape(said)}</p>"
        f'<p>{escape(tr("Sign-in name"))}: <span class="mono">{escape(start.login)}</span></p>'
        f'<p>{escape(tr("Start password"))}: <span class="mono">{escape(start.password)}</span></p></section>'
    )
    return _PAGE.format(language=language(), title=escape(tr("Start password")), body=lines)
