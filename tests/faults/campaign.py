"""The campaign: workstations at work, faults in an order drawn from a seed, then everything held against its checker."""

from __future__ import annotations

import random
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from enum import StrEnum
from multiprocessing import connection
from pathlib import Path

from cati.fieldwork import calling
from cati.fieldwork.open_study import OpenStudy
from tests import postgres
from tests.faults import wire
from tests.faults.call_centre import LEAD, CallCentre, in_folder, listening, move, terms
from tests.faults.checker import Violation, Wrong, check
from tests.faults.crew import CONTEXT, Crew
from tests.faults.final_state import Final, final_state
from tests.faults.histories import Act
from tests.faults.servers import NAME, Pair, pair


class Fault(StrEnum):
    """What happens to the workstations, the line and the servers."""

    KILL = "workstation killed"
    FREEZE_CLIENT = "workstation frozen until its lease was over"
    LAPSE = "leases over while their holders worked"
    WRONG_CLOCK = "workstation's clock wrong by hours"
    TERMINATE = "connections ended by the server"
    CUT = wire.Fault.CUT.value
    LOSE_REPLY = wire.Fault.LOSE_REPLY.value
    LOSE_REQUEST = wire.Fault.LOSE_REQUEST.value
    HALVE = wire.Fault.HALVE.value
    FREEZE_LINE = wire.Fault.FREEZE.value
    CRASH = "server stopped hard and restarted"
    BACKEND = "server's process killed, all of it begun anew"
    FAIL_OVER = "server lost, stand-in promoted"
    DISK_FULL = "server's disk full"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How large a campaign is. ``rounds``: of all workstations together between two faults.

    ``target``: interviews wanted of each department. ``mebibytes``: the size of each server's disk.
    """

    seed: int
    clients: int
    people: int
    faults: int
    rounds: int
    target: int
    lease_minutes: int = 15
    mebibytes: int = 300

    def schedule(self) -> list[Fault]:
        """Return the faults in their order: every kind as often as any other, as far as the number allows."""
        draw = random.Random(self.seed)
        found: list[Fault] = []
        while len(found) < self.faults:
            kinds = list(Fault)
            draw.shuffle(kinds)
            found += kinds
        return found[: self.faults]


@dataclass
class Report:
    """What a campaign did and found. ``faults``: how often each struck; ``claimed``: cases handed out and told."""

    acts: list[Act]
    final: Final
    faults: Counter[str]
    violations: list[Violation]
    seconds: float

    def table(self) -> list[tuple[str, str]]:
        """Return (what, how many) of operations, faults and violations."""
        fates = Counter((act.did, act.fate) for act in self.acts)
        kinds = sorted({did for did, _fate in fates})
        stages = ("kept", "refused", "unknown", "failed")
        rows = [("operation", "  ".join(f"{stage:>8}" for stage in stages))]
        rows += [(did, "  ".join(f"{fates[did, stage]:>8}" for stage in stages)) for did in kinds]
        rows.append(
            ("all", "  ".join(f"{sum(n for (_d, s), n in fates.items() if s == stage):>8}" for stage in stages))
        )
        rows += [("", ""), ("fault", "   times")]
        rows += [(fault, f"{self.faults[fault]:>8}") for fault in Fault]
        rows += [("", ""), ("violation", "   times")]
        wrong = Counter(violation.wrong for violation in self.violations)
        rows += [(kind, f"{wrong[kind]:>8}") for kind in Wrong]
        return rows


@dataclass
class Hand:
    """Who strikes: at the workstations, on the line, at the servers."""

    crew: Crew
    servers: Pair
    line: connection.Connection
    draw: random.Random
    struck: Counter[str] = field(default_factory=Counter)

    def somebody(self) -> str:
        """Return a workstation that is awake."""
        return self.draw.choice([login for login, seat in sorted(self.crew.seats.items()) if seat.thaw is None])

    def strike(self, fault: Fault) -> None:
        """Let a fault happen; the line counts its own."""
        act: dict[Fault, Callable[[], None]] = {
            Fault.KILL: self._kill, Fault.FREEZE_CLIENT: self._freeze, Fault.WRONG_CLOCK: self._clock,
            Fault.TERMINATE: self._terminate, Fault.CRASH: self._crash, Fault.FAIL_OVER: self._fail_over,
            Fault.DISK_FULL: self._disk_full, Fault.BACKEND: self._backend, Fault.LAPSE: self._lapse, Fault.FREEZE_LINE: lambda: self._on_the_line(wire.Fault.FREEZE, 2.0),
        }  # fmt: skip
        if fault in act:
            self.settle()
            act[fault]()
        else:
            self._on_the_line(wire.Fault(fault.value), 3)
        if fault.value not in set(wire.Fault):
            self.struck[fault] += 1

    def settle(self) -> None:
        """Wait until the server takes statements and its stand-in follows; help them up where they cannot by themselves."""
        servers, end = self.servers, time.monotonic() + 60
        while time.monotonic() < end:
            try:
                if servers.working.psql("SELECT count(*) FROM pg_stat_replication") != "0":
                    return
            except subprocess.CalledProcessError:
                if not servers.working.is_running():
                    servers.working.start()
            self.crew.wait(1, 0.2)
        servers.stand_by()

    def _on_the_line(self, fault: wire.Fault, times: float) -> None:
        self.line.send(wire.Order(fault, times))

    def _kill(self) -> None:
        login = self.somebody()
        self.crew.kill(login)
        self.crew.start(login)

    def _clock(self) -> None:
        login = self.somebody()
        self.crew.kill(login)
        self.crew.start(login, clock_wrong=self.draw.choice((-7.0, -1.0, 5.0, 30.0)))

    def _lapse(self) -> None:
        self.crew.centre.end_leases()

    def _freeze(self) -> None:
        self.crew.freeze(self.somebody())

    def _terminate(self) -> None:
        self.servers.working.psql(
            "SELECT pg_terminate_backend(pid) FROM (SELECT pid FROM pg_stat_activity WHERE usename LIKE 'cati%'"
            " ORDER BY random() LIMIT 3) AS chosen"
        )

    def _crash(self) -> None:
        self.servers.crash()

    def _backend(self) -> None:
        who = "backend_type = 'client backend' AND usename LIKE 'cati%' ORDER BY random() LIMIT 1"
        found = self.servers.working.psql(f"SELECT pid FROM pg_stat_activity WHERE {who}")
        if found:
            self.servers.working.disk.do("kill", "-9", found)

    def _fail_over(self) -> None:
        self.servers.fail_over()
        self.crew.wait(40, 5)  # work goes on with one server alone, as it would
        self.servers.stand_by()

    def _disk_full(self) -> None:
        """Fill the disk until somebody could not write, give the room back, and start the server if that ended it."""
        disk = self.servers.working.disk
        disk.fill()
        self.crew.wait(60, 4, lambda: not self.servers.working.is_running())
        disk.give_back()
        self.crew.wait(1, 1)
        if not self.servers.working.is_running():
            self.servers.working.start()

    def counts(self) -> Counter[str]:
        """Return how often each fault struck."""
        self.line.send(None)
        return self.struck + Counter(self.line.recv())


@contextmanager
def centre_on_servers(
    folder: Path, plan: Plan, *more: str, synchronous: bool = True
) -> Iterator[tuple[CallCentre, Pair, connection.Connection, tuple[int, ...]]]:
    """Make a study on a pair of servers, with a line between them and its workstations. ``more``: the server's settings."""
    authority = postgres.new_authority()
    signed = authority.signed(NAME)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "server.pem").write_text(signed[0] + signed[1])
    (folder / "authority.pem").write_text(authority.pem())
    with ExitStack() as stack:
        servers = stack.enter_context(pair(authority, signed, plan.mebibytes, *more))
        sockets = {stack.enter_context(listening()): node.port for node in servers.nodes}
        ours, theirs = CONTEXT.Pipe()
        line = CONTEXT.Process(
            target=wire.carry, daemon=True,
            args=(sockets, folder / "server.pem", folder / "authority.pem", theirs, plan.seed),
        )  # fmt: skip
        line.start()
        theirs.close()
        stack.callback(line.close)
        stack.callback(line.join)
        stack.callback(line.kill)
        stack.callback(ours.close)
        if ours.recv() != "ready":
            raise RuntimeError
        centre = in_folder(folder, people=plan.people, interviewers=plan.clients, target=plan.target, seed=plan.seed)
        ports = tuple(socket.getsockname()[1] for socket in sockets)
        move(centre, servers, ports, authority.pem(), "campaign")
        if synchronous:
            servers.stand_by()
        stack.callback(centre.close)
        yield centre, servers, ours, ports


def campaign(folder: Path, plan: Plan, tell: Callable[[str], None] = lambda _line: None) -> Report:
    """Run the product's own ways through all faults of a plan and check what is left."""
    begun = time.monotonic()
    with centre_on_servers(folder, plan) as (centre, servers, line, _ports):
        crew = Crew(centre, plan.seed, plan.lease_minutes)
        hand = Hand(crew, servers, line, random.Random(plan.seed))
        crew.start_all()
        crew.wait(plan.rounds, 60)
        for n, fault in enumerate(plan.schedule(), 1):
            tell(f"{time.monotonic() - begun:6.0f} s  {crew.rounds:7} rounds  {n}/{plan.faults} {fault}")
            hand.strike(fault)
            crew.wait(plan.rounds, 15)
        crew.wait(plan.rounds, 30)
        hand.settle()
        crew.stop()
        return report(crew, hand.counts(), time.monotonic() - begun)


def report(crew: Crew, faults: Counter[str], seconds: float, margin: int | None = None) -> Report:
    """Bring everything to an end and hold it against the checker.

    ``margin``: by how many interviews a quota may be exceeded where the study does not say; else one a workstation.
    """
    centre = crew.centre
    crew.tidy()
    lead = centre.open(LEAD)
    let_leases_end(centre, lead)
    final = final_state(centre.raw(lead), more=centre.checkpoints())
    acts = crew.acts()
    margin = len(centre.logins) if margin is None else margin
    violations = check(acts, final, terms(centre.settings, margin))
    violations += [Violation(Wrong.BUG, "", words) for words in crew.ended_badly]
    return Report(acts, final, faults, violations, seconds)


def let_leases_end(centre: CallCentre, lead: OpenStudy) -> None:
    """Turn what nobody came back for, once its time is over: the next claim of anybody does that.

    What a wrong way left so that nobody can take it stays, and the checker tells of it.
    """
    for _ in range(100):
        with lead.reading() as transaction:
            query = 'SELECT count(*), max(lease_until) FROM "case" WHERE status = 2'
            left, until = transaction.exec_driver_sql(query).one()
        if not left:
            return
        centre.end_leases()
        if centre.servers is None:
            time.sleep(max(until + 1 - lead.now().timestamp(), 0))  # a file has no lease that could be ended
        with suppress(AssertionError):
            case = calling.take_next_case(lead)
            if isinstance(case, calling.DeliveredCase) and case.call is None:
                calling.put_back(lead, case.lease)
