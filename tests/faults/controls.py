"""Negative controls: ways that are wrong on purpose go through the same checker, which must find what they do."""

from __future__ import annotations

import os
import random
import signal
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing import connection
from pathlib import Path

import psycopg

from tests.faults import wire
from tests.faults.call_centre import in_folder, move
from tests.faults.campaign import Plan, Report, report
from tests.faults.checker import Wrong
from tests.faults.crew import Crew
from tests.faults.histories import Did
from tests.faults.servers import Pair
from tests.faults.workstation import Way

_SENT_TWICE = 6
"""So many answers under two ids, of which some were there already."""

LARGE_BUFFERS = ("wal_buffers = 16MB", "bgwriter_delay = 10s")
"""Settings by which a server writes its log ahead only where a commit waits for it, or its log writer comes round."""


@dataclass(frozen=True, slots=True)
class Stage:
    """Where a control plays: the servers, the line to them, and its ports."""

    folder: Path
    servers: Pair
    line: connection.Connection
    ports: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Control:
    """A wrong way. ``harm``: what is done to it; ``sees``: of which the checker must find each."""

    way: Way
    harm: Callable[[Crew, Stage], None]
    sees: frozenset[Wrong]
    interviews: float = 0.0
    target: int = 100
    stand_in: bool = False


def _only_work(crew: Crew, _stage: Stage) -> None:
    crew.wait(100, 120)


def _lose_replies(crew: Crew, stage: Stage) -> None:
    """Replies are lost until answers were sent twice: which replies it meets is left to chance."""

    def sent_twice() -> int:
        return sum(act.did is Did.ANSWER and len(act.drawn) > 1 for act in crew.acts())

    crew.wait(5, 60)
    for _ in range(40):
        stage.line.send(wire.Order(wire.Fault.LOSE_REPLY, 4))
        crew.wait(10, 30)
        if sent_twice() >= _SENT_TWICE:
            break


def _crash(crew: Crew, stage: Stage) -> None:
    """The server dies before its log writer came round: what that writes without waiting, a power cut loses anyway."""
    writer = int(stage.servers.working.psql("SELECT pid FROM pg_stat_activity WHERE backend_type = 'walwriter'"))
    os.kill(writer, signal.SIGSTOP)
    crew.wait(30, 120)
    os.kill(writer, signal.SIGKILL)  # whereupon the server ends all others and begins anew from its log
    crew.wait(10, 60)


def _fail_over_behind(crew: Crew, stage: Stage) -> None:
    """The stand-in takes over, which for a while had not heard from the server."""
    stage.servers.standing_in.stop("immediate")
    crew.wait(30, 120)
    stage.servers.working.stop("immediate")
    stage.servers.standing_in.start()
    stage.servers.fail_over()
    crew.wait(10, 60)


def _own_clock(crew: Crew, _stage: Stage) -> None:
    """One of them is five hours ahead."""
    hasty = crew.centre.logins[0]
    crew.kill(hasty)
    crew.start(hasty, clock_wrong=5.0)
    crew.wait(40, 120)


_BLIND = """
CREATE OR REPLACE FUNCTION public.cati_room(of_site text, of_department text, OUT whole int, OUT part int, OUT left_over int)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS 'SELECT 1000, 1000, 1000'
"""


def _blind_claim(crew: Crew, _stage: Stage) -> None:
    """The claim looks neither at what is complete nor at what is running, from when all have compared the rights on."""
    inside = crew.centre.logins

    def all_in() -> bool:
        signed = {act.client for act in crew.acts() if act.did is Did.SIGN_IN and act.kept}
        return signed.issuperset(inside)

    crew.wait(1000, 60, all_in)
    with psycopg.connect(crew.admin, autocommit=True) as raw:
        room = raw.execute("SELECT pg_get_functiondef('public.cati_room(text,text)'::regprocedure)").fetchone()
        assert room is not None
        raw.execute(_BLIND)
        crew.wait(50, 60)
        raw.execute(room[0])


CONTROLS: dict[str, Control] = {
    "naive claim": Control(
        Way.NAIVE_CLAIM, _only_work, frozenset({Wrong.TWO_HOLDERS}), interviews=0.7, target=4
    ),
    "a claim blind to quotas": Control(
        Way.PRODUCT, _blind_claim, frozenset({Wrong.QUOTA}), interviews=1.0, target=2
    ),
    "naive retry": Control(Way.NAIVE_RETRY, _lose_replies, frozenset({Wrong.ANSWER_TWICE}), interviews=1.0),
    "leases by one's own clock": Control(Way.OWN_CLOCK, _own_clock, frozenset({Wrong.TWO_HOLDERS}), interviews=0.5),
    "commits not waited for": Control(Way.UNSAFE_COMMIT, _crash, frozenset({Wrong.ANSWER_MISSING}), interviews=1.0),
    "a stand-in that nobody waits for": Control(
        Way.PRODUCT, _fail_over_behind, frozenset({Wrong.ANSWER_MISSING}), interviews=1.0, stand_in=True
    ),
}  # fmt: skip


def control(name: str, stage: Stage, seed: int) -> tuple[Report, frozenset[Wrong]]:
    """Go one wrong way and return what the checker found, and which of what it must find it did not."""
    wanted = CONTROLS[name]
    plan = Plan(seed=seed, clients=4, people=200, faults=0, rounds=0, target=wanted.target)
    stage.servers.alone()
    if wanted.stand_in:
        stage.servers.stand_by(synchronous=False)
    folder = stage.folder / name.replace(" ", "-").replace("'", "")
    centre = in_folder(folder, people=plan.people, interviewers=plan.clients, target=plan.target, seed=seed)
    database = f"control_{random.Random(seed).getrandbits(16):04x}_{list(CONTROLS).index(name)}"
    move(centre, stage.servers, stage.ports, stage.servers.working.authority, database)
    node = stage.servers.working
    admin = f"postgresql://postgres@/{database}?host={node.folder}&port={node.port}"
    crew = Crew(centre, seed, plan.lease_minutes, wanted.interviews, wanted.way, admin)
    crew.start_all()
    wanted.harm(crew, stage)
    crew.stop()
    found = report(crew, Counter(), 0.0, margin=0)
    centre.close()
    return found, wanted.sees - {violation.wrong for violation in found.violations}
