"""Some of the clients of `bench_contention`, each a session of its own in a thread of this process."""

from __future__ import annotations

import json
import random
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from cati.fieldwork.calling import DeliveredCase, take_next_case
from cati.fieldwork.open_study import OpenStudy
from cati.store.administration import AsOwner
from cati.store.database import Database
from cati.store.roles import Roles
from cati.store.server import Link, Server
from tests import postgres
from tests.benchmarks.large_study import ServerStudy, staff_of

Work = tuple[Callable[[], tuple[str, int] | None], Callable[[str], None]]
"""What is timed: a claim that returns (case, fence); and how its case is given back."""


def ours(opened: OpenStudy, behind: Database) -> Work:
    """Return the whole act of a window: the lease, its entry in the log, the contact opened and shown."""
    return lambda: _taken(opened), _to_a_place_drawn_by_lot(opened, behind, _OURS_BACK)


def _taken(opened: OpenStudy) -> tuple[str, int] | None:
    found = take_next_case(opened)
    return (found.case_id, found.lease.fence) if isinstance(found, DeliveredCase) else None


_OURS_BACK = (
    'UPDATE "case" SET status = 0, tier = 3, rank = (3::bigint << 59) + %s, due_at = 0, turns_at = NULL, avoid = NULL,'
    " lease_holder = NULL, lease_until = NULL WHERE id = %s"
)


def _to_a_place_drawn_by_lot(opened: OpenStudy, behind: Database, statement: str) -> Callable[[str], None]:
    """Return how a case goes back: the same for all kinds, for it is no part of a claim. One row, one commit."""
    draw = random.Random(opened.me.login)

    def back(case_id: str) -> None:
        with behind.transaction() as transaction:
            transaction.connection.cursor().execute(statement, (draw.getrandbits(32), case_id))

    return back


def bare(opened: OpenStudy, behind: Database) -> Work:
    """Return the least that a claim can be on a server: BEGIN, one statement on one index, one durable COMMIT."""

    def claim() -> tuple[str, int] | None:
        with opened.transaction() as transaction:
            row = transaction.connection.cursor().execute(_BARE).fetchone()
        return None if row is None else (row[0], row[1])

    return claim, _to_a_place_drawn_by_lot(opened, behind, "UPDATE bare SET status = 0, rank = %s WHERE id = %s")


_BARE = (
    "UPDATE bare SET status = 2, fence = fence + 1 WHERE id = (SELECT id FROM bare WHERE status = 0"
    " ORDER BY rank LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING id, fence"
)


def barest(opened: OpenStudy, behind: Database) -> Work:
    """Return the same without BEGIN and COMMIT: one message there, one back, as our claim goes."""

    def claim() -> tuple[str, int] | None:
        with opened.database.one_statement() as transaction:
            row = transaction.connection.cursor().execute(_BARE).fetchone()
        return None if row is None else (row[0], row[1])

    return claim, bare(opened, behind)[1]


def naive(opened: OpenStudy, behind: Database) -> Work:
    """Return the claim of peers: read what is open, sort it, take the first if it is still there."""

    def claim() -> tuple[str, int] | None:
        with opened.transaction() as transaction:
            cursor = transaction.connection.cursor()
            cursor.execute("SELECT id, rank FROM peers WHERE status = 0")
            best = min(cursor.fetchall(), key=lambda row: row[1])
            cursor.execute(
                "UPDATE peers SET status = 2, fence = fence + 1 WHERE id = %s AND status = 0 RETURNING fence", best[:1]
            )
            row = cursor.fetchone()
        return None if row is None else (best[0], row[0])

    return claim, _to_a_place_drawn_by_lot(opened, behind, "UPDATE peers SET status = 0, rank = %s WHERE id = %s")


KINDS = {"ours": ours, "bare": bare, "barest": barest, "naive": naive}


def main() -> None:
    """Sign the clients in, wait for the word, work for so many seconds, print what happened."""
    kind, seconds, port, database, admin, study_id, folder, seal_path, *logins = sys.argv[1:]
    link = Link(hosts=("127.0.0.1",), ports=(int(port),), database=database)
    staff = staff_of(max(int(login[1:]) for login in logins) + 1)
    made = ServerStudy(link, admin, study_id, Path(folder), Path(seal_path), staff)
    opened = [made.sign_in(login) for login in logins]
    if kind != "ours":
        place = replace(link, database=f"{database}_bare")
        opened = [replace(study, database=Server(place, postgres.OWNER, postgres.OWNER_PASSWORD)) for study in opened]
    owner = Roles(study_id).owner if kind == "ours" else postgres.OWNER
    behind = [AsOwner(admin, "", study.database.name, owner) for study in opened]
    work = [KINDS[kind](study, its) for study, its in zip(opened, behind, strict=True)]
    rows: list[tuple[str, str, int, float, float, float]] = []

    def one(login: str, claim: Callable[[], tuple[str, int] | None], back: Callable[[str], None]) -> None:
        end = time.monotonic() + float(seconds)
        while (asked := time.monotonic()) < end:
            found = claim()
            got = time.monotonic()
            given_back = time.monotonic()
            if found is not None:
                back(found[0])
            rows.append((login, *(found or ("", 0)), asked, got, given_back))

    threads = [threading.Thread(target=one, args=(login, *each)) for login, each in zip(logins, work, strict=True)]
    for claim, back in work:
        for _ in range(12):  # the first ones connect, compile and plan
            found = claim()
            if found is not None:
                back(found[0])
    print("ready", flush=True)
    sys.stdin.readline()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for each in (*opened, *behind):
        each.close()
    print(json.dumps(rows))


if __name__ == "__main__":
    main()
