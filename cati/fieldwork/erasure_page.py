"""The erasure record as a page for people: one HTML file in German and English, without scripts or addresses."""

from __future__ import annotations

import html
import json
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from cati.places import resources
from cati.text import mark

CHECK_WORDS = {
    "seal_not_gone": mark("The seal file could not be destroyed."),
    "plain_before": mark("Before the erasure, plain contact details were found in a file."),
    "rows_left": mark("Rows or wrapped keys are left in the database."),
    "bytes_left": mark("Traces of contacts were found in a file after the erasure."),
    "sample_opened": mark("A kept sample could still be opened."),
    "stations_left": mark("Not every workstation proved that its copy of the seal is gone."),
    "server_unfinished": mark("The server’s administrator has not finished it there yet: cati finish-purge."),
    "server_unsearched": mark("The server’s own files were not searched: that takes a command on its own computer."),
    "server_bytes_left": mark("Traces of contacts were found in the server’s own files."),
}
_NOT_COVERED = {
    "paper_seal": mark("The paper copy of the seal: destroy it by hand. Old copies of the database open with it."),
    "office_list": mark("The office’s own list"),
    "mail_copies": mark("Copies of the list in mailboxes, when they were sealed with a password"),
    "paper_notes": mark("Notes on paper"),
    "telephone": mark("Records of the telephone system"),
    "old_media": mark("Sealed bytes on old media and spare cells of solid-state disks: nobody can open them"),
    "backups": mark("Backups of the study’s folder: sealed bytes only, which nothing but the paper copy opens"),
    "server_disk": mark("Freed blocks of the server’s disk: sealed bytes until they are overwritten"),
    "server_log": mark("Old files of the server’s log of changes: sealed bytes until it overwrites them"),
    "server_archive": mark(
        "Archives of the server’s log of changes: sealed bytes until whoever keeps them deletes them"
    ),
    "server_stand_ins": mark(
        "Stand-ins of the server: they follow it, their own old files hold sealed bytes for a while"
    ),
    "stations_unknown": mark(
        "Copies of the seal on workstations where nobody ever signed in; without the database they open nothing"
    ),
}
_COUNTS = {
    "lists": mark("Lists brought in"),
    "rows": mark("Rows on their slips"),
    "accepted": mark("Contacts accepted"),
    "never_again": mark("Erased at once during the field period: withdrawn, or refused for good"),
    "withdrawn": mark("Of these withdrawn"),
    "contacts": mark("Contacts erased now"),
    "cases": mark("Cases erased now"),
    "attempts": mark("Calls erased now"),
    "stock": mark("Finished interviews kept, tied to nobody"),
    "contacts_left": mark("Rows left"),
}
_KEYS = {
    "seal": mark("The seal"),
    "contacts": mark("Key of the contacts"),
    "drafts": mark("Key of the drafts"),
    "index": mark("Key of the numbers’ hashes"),
    "age_identity": mark("Key of the office’s lists"),
}
_ROLES = {
    "research_lead": mark("Research lead"),
    "supervisor": mark("Supervisor"),
    "interviewer": mark("Interviewer"),
}
_STYLE = (
    "body{font-family:sans-serif;max-width:46em;margin:2em auto;padding:0 1em;line-height:1.45}"
    "body{color:#1d2630;background:#fff}h1{font-size:1.5em}h2{font-size:1.1em;margin-top:1.6em}"
    "td,th{padding:.2em .9em .2em 0;vertical-align:top;text-align:left}"
    "code{font-size:.85em;word-break:break-all}.bad{color:#a11f1f;font-weight:bold}.good{color:#14632f;font-weight:bold}"
    "section{border-top:2px solid #bcc6d0;margin-top:2em}"
)

Say = Callable[..., str]


def say(language: str, english: str, **parts: object) -> str:
    """Return a sentence in a certain language, whatever the window speaks: the record is read by others too."""
    sentence = _german().get(english, english) if language == "de" else english
    return sentence.format(**parts) if parts else sentence


@lru_cache(maxsize=1)
def _german() -> dict[str, str]:
    words: dict[str, str] = {}
    for part in sorted((resources() / "translations" / "de").glob("*.json")):
        words.update(json.loads(part.read_text("utf-8")))
    return words


def erasure_page(record: dict[str, Any], public_key: str) -> str:
    """Return the page: German first, then English, each complete."""
    name = html.escape(record["study"]["name"])
    parts = "".join(f'<section lang="{lang}">{_section(record, public_key, lang)}</section>' for lang in ("de", "en"))
    return (
        f'<!DOCTYPE html><html lang="de"><head><meta charset="utf-8"><title>{name}</title>'
        f"<style>{_STYLE}</style></head><body>{parts}</body></html>\n"
    )


def _section(record: dict[str, Any], public_key: str, language: str) -> str:
    def words(english: str, **parts: object) -> str:
        return html.escape(say(language, english, **parts))

    (station, *others), checks = record["stations"], record["checks"]
    out = [f"<h1>{words(mark('Record of the erasure of contact details'))}</h1>"]
    if record["complete"]:
        out.append(f'<p class="good">{words(mark("Erased completely."))}</p>')
    else:
        out.append(f'<p class="bad">{words(mark("Erased, but not completely:"))}</p>')
        out.append(_list(words(CHECK_WORDS[reason]) for reason in record["reasons"]))
    persons = ", ".join(f"{p['name']} ({say(language, _ROLES.get(p['role'], p['role']))})" for p in record["persons"])
    out.append(
        _table(
            (
                (words(mark("Study")), html.escape(record["study"]["name"])),
                (words(mark("Client")), html.escape(record["study"]["client"])),
                (words(mark("Institute")), html.escape(record["study"]["institute"])),
                (words(mark("Number of the study")), f"<code>{html.escape(record['study']['id'])}</code>"),
                (words(mark("Begun")), html.escape(record["begun"])),
                (words(mark("Finished")), html.escape(record["finished"])),
                (words(mark("By two persons")), html.escape(persons)),
            )
        )
    )
    out.append(f"<h2>{words(mark('In numbers'))}</h2>")
    out.append(_table((words(label), str(record["counts"].get(name, 0))) for name, label in _COUNTS.items()))
    out.append(f"<h2>{words(mark('Destroyed keys'))}</h2><p>{words(_HOW)}</p>")
    out.append(
        _table(
            (words(_KEYS.get(name, name)), f"<code>{html.escape(key)}</code>")
            for name, key in record["keys_destroyed"].items()
        )
    )
    out.append(f"<p>{_seal_words(station, words)}</p>")
    if others:
        out.append(f"<h2>{words(mark('The seal on other workstations'))}</h2>")
        out.append(_list(_station_words(other, words) for other in others))
    out.append(f"<h2>{words(mark('Checks'))}</h2>")
    out.append(_list(_check_lines(checks, words)))
    if "server" in record:  # of a folder there is none
        out.append(f"<h2>{words(mark('On the server'))}</h2>")
        out.append(_list(_server_lines(record["server"], words)))
    backups = record.get("backups", ())  # records of older programs list none
    if backups:
        out.append(f"<h2>{words(mark('Backups of the database'))}</h2>")
        out.append(_list(_backup_words(backup, words) for backup in backups))
    out.append(f"<h2>{words(mark('Not covered by this record'))}</h2>")
    out.append(_list(words(_NOT_COVERED[code]) for code in record["not_covered"] if code in _NOT_COVERED))
    out.append(f"<h2>{words(mark('To check this record'))}</h2>")
    command = f"cati verify-erasure erasure_record.json --key {public_key}"
    out.append(f"<p>{words(_CHECK)}</p><p><code>{html.escape(command)}</code></p>")
    return "".join(out)


_HOW = mark(
    "Every contact was only ever stored sealed. The keys stood in the database under the seal, which lay outside it; "
    "with the seal destroyed, no copy of the database opens. The names below are hashes of the keys."
)
_CHECK = mark(
    "The file erasure_record.json beside this page is signed. The key below must be the one printed on the sheet when "
    "the study was made. The check needs neither the study nor a network."
)


def _seal_words(station: dict[str, Any], words: Say) -> str:
    if not station["gone"]:
        return words(mark("The seal file could not be destroyed."))
    if station["interrupted"]:
        return words(mark("The seal file was destroyed in a run that was interrupted; its absence was checked."))
    if station["in_place"]:
        return words(
            mark(
                "The seal file was overwritten in place, synchronised and deleted ({storage}). Solid-state disks may "
                "keep old cells, for which disk encryption is the precondition."
            ),
            storage=station["storage"],
        )
    return words(
        mark(
            "The seal file was overwritten, synchronised and deleted; this storage ({storage}) may keep earlier bytes, "
            "for which disk encryption is the precondition."
        ),
        storage=station["storage"] or "?",
    )


def _station_words(station: dict[str, Any], words: Say) -> str:
    name = station["name"]
    if not station["gone"]:
        return words(
            mark("{name}, last used {seen}: not reached. Reason: {why}"),
            name=name, seen=station["seen"], why=station.get("why") or "–",
        )  # fmt: skip
    if station["signed"]:
        return words(mark("{name}: destroyed on {at}, in a word signed there."), name=name, at=station["at"])
    return words(
        mark("{name}: destroyed on {at} by its own word, which nobody could sign any more."),
        name=name,
        at=station["at"],
    )


def _server_lines(server: dict[str, Any], words: Say) -> list[str]:
    lines = [
        words(
            mark(
                "Contacts, calls, drafts, keys and log were deleted by one transaction, which began new files for them."
            )
        ),
        words(mark("{rows} rows that stay were searched byte for byte: {found_in_rows} found."), **server),
    ]
    done = server.get("finished")
    if done is None:
        return lines
    lines.append(
        words(
            mark(
                "{at}: the administrator had all tables and the catalogue written anew, without samples of old values."
            ),
            at=done["at"],
        )
    )
    if done["log_turned"]:
        lines.append(
            words(
                mark("Old files of the log of changes were taken away; sealed pieces found in it after: {log_found}."),
                **done,
            )
        )  # fmt: skip
    if done["searched"]:
        lines.append(
            words(
                mark(
                    "{files} files of the server were searched byte for byte for contacts in clear and {sample} sealed "
                    "pieces: {found} found."
                ),
                **done,
            )
        )
    return lines


def _backup_words(backup: dict[str, str], words: Say) -> str:
    said = {name: backup[name] for name in ("made", "ends", "station", "path")}
    if backup["state"] == "deleted":
        return words(mark("Of {made}, on {station}: deleted."), **said)
    return words(
        mark("Of {made}, on {station} ({path}): not reached from here; it ends on {ends}. Sealed bytes only."), **said
    )


def _check_lines(checks: dict[str, Any], words: Say) -> list[str]:
    lines = [
        words(
            mark("Before: {files} files searched byte for byte for numbers, names and fields in clear: {found} found."),
            **checks["before"],
        ),
        words(
            mark("Rows left: {rows}; wrapped keys left: {keys}."),
            rows=checks["rows_left"], keys=checks["wrapped_keys_left"],
        ),
        words(
            mark("After: {files} files searched byte for byte for sealed contacts and identifiers: {found} found."),
            **checks["after"],
        ),
        words(
            mark("{sample} kept sealed contacts, {tried} attempts with every key that is left: {opened} opened."),
            **checks["sample"],
        ),
    ]  # fmt: skip
    if checks["plain_searched_after"]:
        lines.append(words(mark("After: searched once more for all numbers and for names in clear.")))
    else:
        lines.append(words(mark("The erasure was interrupted; names in clear were searched for before only.")))
    strangers = checks["files_not_of_the_program"]
    if strangers:
        lines.append(
            words(mark("{n} files in the study’s folder are not the program’s: look through them."), n=strangers)
        )
    return lines


def _table(rows: Any) -> str:
    return "<table>" + "".join(f"<tr><th>{label}</th><td>{value}</td></tr>" for label, value in rows) + "</table>"


def _list(lines: Any) -> str:
    return "<ul>" + "".join(f"<li>{line}</li>" for line in lines) + "</ul>"
