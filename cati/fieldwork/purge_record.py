"""The record of a purge: what its steps found, signed, and a page for people beside it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cati.fieldwork import purge_steps
from cati.fieldwork.erasure_page import erasure_page
from cati.fieldwork.purging import PAGE_NAME, RECORD_NAME, Purging, stamp
from cati.settings import settings_from_json
from cati.store import studies
from cati.vault.erasure import sign_record

_NOT_COVERED = ("paper_seal", "office_list", "mail_copies", "paper_notes", "telephone", "old_media", "backups")


@dataclass(frozen=True, slots=True)
class ErasureRecord:
    """The signed record (JSON) and its readable page; ``complete`` is False when it names something not reached.

    ``public_key`` (hexadecimal) is the one that checks it; it was printed when the study was made. ``unfinished``: the
    part of a server's administrator is not done yet.
    """

    paths: tuple[Path, ...]
    complete: bool
    public_key: str
    unfinished: bool = False


def sign(purging: Purging, study: studies.StudyRow) -> ErasureRecord:
    """Write the signed record and its page, whole or absent, and mark the study as erased."""
    at = stamp(purging.now())
    made = write(purging, study, at)
    purge_steps.clear_up(purging)
    purging.mark_erased(study, made.complete, at)
    return made


def write(purging: Purging, study: studies.StudyRow, at: str, more: dict[str, Any] | None = None) -> ErasureRecord:
    """Write the signed record of an erasure that was finished ``at`` this moment, and its page.

    ``more``: what is known of a server besides, in place of what the record says without it.
    """
    record = _record(purging, study, at, more or {})
    content = sign_record(record, purging.authority.record_private)
    page = erasure_page(record, study.record_public.hex())
    paths = (purging.folder / RECORD_NAME, purging.folder / PAGE_NAME)
    _write_whole(paths[0], content)
    _write_whole(paths[1], page.encode())
    unfinished = "server_unfinished" in record["reasons"]
    return ErasureRecord(paths, bool(record["complete"]), study.record_public.hex(), unfinished)


def record_of(folder: Path, done: dict[str, Any], public_key: str) -> ErasureRecord:
    """Return the record that was written already."""
    paths = (folder / RECORD_NAME, folder / PAGE_NAME)
    unfinished = "stations" in done and "finished" not in done
    return ErasureRecord(paths, bool(done.get("signed", {}).get("complete")), public_key, unfinished)


def _record(purging: Purging, study: studies.StudyRow, at: str, more: dict[str, Any]) -> dict[str, Any]:
    begun, seal, verified = (purging.done[step] for step in ("begun", "seal", "verified"))
    settings = settings_from_json(study.settings)
    strangers = purging.done["tidied"]["strangers"]
    failed = [
        name
        for name, bad in (
            ("seal_not_gone", not seal["gone"]),
            ("plain_before", begun["before"]["found"] > 0),
            ("rows_left", verified["rows_left"] > 0 or verified["wrapped_left"] > 0),
            ("bytes_left", verified["found"] > 0),
            ("sample_opened", verified["opened"] > 0),
        )
        if bad
    ]
    own = {"name": "this workstation", **seal}
    if "stations" in purging.done:
        more = on_server(purging.done, more)
        own["name"] = purging.done["stations"]["name"]
        failed += more["reasons"]
    return {
        "study": {"id": study.id, "name": settings.name, "client": settings.client, "institute": settings.institute},
        "begun": begun["at"],
        "finished": at,
        "persons": begun["persons"],
        "counts": {**begun["counts"], "contacts_left": verified["rows_left"]},
        "keys_destroyed": begun["keys"],
        "storage": more.get("storage", "file"),
        "stations": [own, *more.get("others", [])],
        "checks": {
            "before": begun["before"],
            "rows_left": verified["rows_left"],
            "wrapped_keys_left": verified["wrapped_left"],
            "after": {"files": verified["files"], "found": verified["found"]},
            "plain_searched_after": verified["plain_looked_for"],
            "sample": {name: verified[name] for name in ("sample", "tried", "opened")},
            "files_not_of_the_program": strangers,
        },
        "log": {**purging.done["checkpoint"], "kept": purging.done["rows"]["log_kept"]},
        "backups": more.get("backups", purging.done["tidied"].get("backups", [])),
        "not_covered": [*_NOT_COVERED, *more.get("not_covered", [])],
        **({"server": more["server"]} if "server" in more else {}),
        "complete": not failed,
        "reasons": failed,
    }


def on_server(done: dict[str, Any], known: dict[str, Any]) -> dict[str, Any]:
    """Return what a record says besides of a study on a server.

    ``known``: "others", the workstations as they stand now where that is newer, and "finished", what the server's
    administrator did and found, once that is done.
    """
    others = known.get("others", done["stations"]["others"])
    finished = known.get("finished")
    reasons = ["stations_left"] if any(not (one["gone"] and one.get("signed")) for one in others) else []
    not_covered = ["server_disk", "stations_unknown"]
    if finished is None:
        reasons.append("server_unfinished")
        not_covered += ["server_log", "server_archive", "server_stand_ins"]
    else:
        if not finished["searched"]:
            reasons.append("server_unsearched")
        if finished["found"]:
            reasons.append("server_bytes_left")
        if not finished["log_turned"] or finished["log_found"]:
            not_covered.append("server_log")
        not_covered += ["server_archive"] if finished["archive"] else []
        not_covered += ["server_stand_ins"] if finished["stand_ins"] else []
    server = {
        "rows": done["verified"]["rows"],
        "found_in_rows": done["verified"]["found_in_rows"],
        **({"finished": finished} if finished is not None else {}),
    }
    return {
        "storage": "server", "others": others, "reasons": reasons, "not_covered": not_covered, "server": server,
        **({"backups": known["backups"]} if "backups" in known else {}),
    }  # fmt: skip


def _write_whole(path: Path, content: bytes) -> None:
    """Write a file whole or not at all."""
    part = path.with_name(path.name + ".part")
    with part.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
