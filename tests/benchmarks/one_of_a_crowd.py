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
from cati.fieldwork.placing import rank_of
from cati.store.cases import CaseStatus, Place, hold, put
from cati.store.server import Link, Server
from tests import postgres
from tests.benchmarks.large_study import ServerStudy, staff_of

Work = tuple[Callable[[], tuple[str, int] | None], Callable[[str], None]]
"""What is timed: a claim that returns (case, fence); and how its case is given back."""


def ours(opened: OpenStudy) -> Work:
    """Return the whole act of a window; a case goes back to a place drawn by lot."""
    draw = random.Random(opened.me.login)
    fences: dict[str, int] = {}

    def claim() -> tuple[str, int] | None:
        found = take_next_case(opened)
        if not isinstance(found, DeliveredCase):
            return None
        fences[found.case_id] = found.lease.fence
        return found.case_id, found.lease.fence

    def back(case_id: str) -> None:
        place = Place(status=CaseStatus.READY, tier=3, rank=rank_of(3, draw.getrandbits(32)), due_at=0, turns_at=None)
        with opened.transaction() as transaction:
            assert hold(transaction, case_id, fences[case_id], opened.me.id) is not None
            put(transaction, [(case_id, place)])

    return claim, back


def bare(opened: OpenStudy) -> Work:
    """Return the least that a claim can be on a server."""
    draw = random.Random(opened.me.login)

    def claim() -> tuple[str, int] | None:
        with opened.transaction() as transaction:
            cursor = transaction.connection.cursor()
            cursor.execute(
                "UPDATE bare SET status = 2, fence = fence + 1 WHERE id = (SELECT id FROM bare WHERE status = 0"
                " ORDER BY rank LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING id, fence"
            )
            row = cursor.fetchone()
        return None if row is None else (row[0], row[1])

    def back(case_id: str) -> None:
        with opened.transaction() as transaction:
            transaction.connection.cursor().execute(
                "UPDATE bare SET status = 0, rank = %s WHERE id = %s", (draw.getrandbits(32), case_id)
            )

    return claim, back


def naive(opened: OpenStudy) -> Work:
    """Return the claim of peers: read what is open, sort it, take the first if it is still there."""
    draw = random.Random(opened.me.login)

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

    def back(case_id: str) -> None:
        with opened.transaction() as transaction:
            transaction.connection.cursor().execute(
                "UPDATE peers SET status = 0, rank = %s WHERE id = %s", (draw.getrandbits(32), case_id)
            )

    return claim, back


KINDS = {"ours": ours, "bare": bare, "naive": naive}


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
    work = [KINDS[kind](study) for study in opened]
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
    for study in opened:
        study.close()
    print(json.dumps(rows))


if __name__ == "__main__":
    main()
