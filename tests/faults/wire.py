"""The line between workstations and servers, with a hand on it: connections cut, frozen, commits half delivered.

It shows the servers' own certificate, so that workstations prove it and bind their passwords to it as they always do.
"""

from __future__ import annotations

import asyncio
import random
import ssl
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from multiprocessing.connection import Connection
from pathlib import Path

SSL_REQUEST = (8).to_bytes(4, "big") + (80877103).to_bytes(4, "big")  # PostgreSQL manual, "Message Formats"
_COMMIT = b"COMMIT\0"
_PREPARED = b"_pg3_"
"""What the driver's names of prepared statements begin with: one alone, without a COMMIT, may be a transaction, too."""
_ONE_IN = 5


class Fault(StrEnum):
    """What the line can do. ``LOSE_*`` and ``HALVE`` wait for the next commits; CUT and FREEZE act at once."""

    CUT = "connections cut"
    FREEZE = "line frozen"
    LOSE_REPLY = "commit done, its answer lost"
    LOSE_REQUEST = "commit lost on its way"
    HALVE = "half a commit delivered"


AT_COMMIT = (Fault.LOSE_REPLY, Fault.LOSE_REQUEST, Fault.HALVE)


@dataclass(frozen=True, slots=True)
class Order:
    """Do this so many times (FREEZE: for so many seconds)."""

    fault: Fault
    times: float


@dataclass
class _Line:
    """All connections, and what is to be done to the next commits."""

    servers: dict[int, int]
    ours: ssl.SSLContext
    theirs: ssl.SSLContext
    draw: random.Random
    due: list[Fault] = field(default_factory=list)
    done: Counter[str] = field(default_factory=Counter)
    open: set[tuple[asyncio.StreamWriter, asyncio.StreamWriter]] = field(default_factory=set)
    flowing: asyncio.Event = field(default_factory=asyncio.Event)

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry one workstation's connection to the server behind the port it came to."""
        both: tuple[asyncio.StreamWriter, asyncio.StreamWriter] | None = None
        try:
            await self.flowing.wait()
            port = self.servers[writer.get_extra_info("sockname")[1]]
            if await reader.readexactly(8) != SSL_REQUEST:
                return
            back_reader, back_writer = await asyncio.open_connection("127.0.0.1", port)
            both = (writer, back_writer)
            back_writer.write(SSL_REQUEST)
            if await back_reader.readexactly(1) != b"S":
                return
            await back_writer.start_tls(self.theirs)
            writer.write(b"S")
            await writer.drain()
            await writer.start_tls(self.ours)
            self.open.add(both)
            swallow = asyncio.Event()
            pumps = {
                asyncio.ensure_future(self._requests(reader, back_writer, swallow)),
                asyncio.ensure_future(self._answers(back_reader, writer, swallow)),
            }
            _done, left = await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
            for pump in left:
                pump.cancel()
            await asyncio.gather(*pumps, return_exceptions=True)
        except (OSError, asyncio.IncompleteReadError, ssl.SSLError):
            pass  # the other end went away, which is what this is for
        finally:
            if both is not None:
                self.open.discard(both)
                both[1].transport.abort()
            writer.transport.abort()

    async def _requests(self, source: asyncio.StreamReader, to: asyncio.StreamWriter, swallow: asyncio.Event) -> None:
        while data := await source.read(65536):
            await self.flowing.wait()
            if self.due and self._ends(data):
                fault = self.due.pop()
                self.done[fault] += 1
                if fault is Fault.LOSE_REQUEST:
                    return
                if fault is Fault.HALVE:
                    to.write(data[: data.index(_COMMIT) + 3] if _COMMIT in data else data[: len(data) // 2])
                    await to.drain()
                    return
                swallow.set()
            to.write(data)
            await to.drain()

    def _ends(self, data: bytes) -> bool:
        """Tell whether a message ends a transaction: by COMMIT, or as a statement of its own, one of those in five."""
        return _COMMIT in data or (_PREPARED in data and self.draw.randrange(_ONE_IN) == 0)

    async def _answers(self, source: asyncio.StreamReader, to: asyncio.StreamWriter, swallow: asyncio.Event) -> None:
        while data := await source.read(65536):
            await self.flowing.wait()
            if swallow.is_set():
                return
            to.write(data)
            await to.drain()

    def obey(self, order: Order) -> None:
        """Begin to do what was ordered."""
        if order.fault is Fault.FREEZE:
            self.done[order.fault] += 1
            self.flowing.clear()
            asyncio.get_running_loop().call_later(order.times, self.flowing.set)
        elif order.fault is Fault.CUT:
            for both in self.draw.sample(sorted(self.open, key=id), min(int(order.times), len(self.open))):
                self.done[order.fault] += 1
                for writer in both:
                    writer.transport.abort()
        else:
            self.due += [order.fault] * int(order.times)


async def _carry(line: _Line, sockets: list[object], orders: Connection) -> None:
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _loop, _context: None)  # connections that break are the point
    line.flowing.set()
    over = asyncio.Event()

    def ordered() -> None:
        with suppress(EOFError, OSError):
            order = orders.recv()
            if order is None:
                orders.send(dict(line.done))
            else:
                line.obey(order)
            return
        over.set()

    loop.add_reader(orders.fileno(), ordered)
    servers = [await asyncio.start_server(line.connected, sock=one) for one in sockets]  # type: ignore[arg-type]  # sockets
    orders.send("ready")
    await over.wait()
    loop.remove_reader(orders.fileno())
    for server in servers:
        server.close()


def carry(sockets: dict[object, int], certificate: Path, authority: Path, orders: Connection, seed: int) -> None:
    """Carry connections from these listening sockets to the servers' ports until ``orders`` is closed.

    ``orders`` takes `Order` values, and None for the counts so far. ``certificate``: PEM with certificate and key.
    """
    ours = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ours.load_cert_chain(certificate)
    theirs = ssl.create_default_context(cafile=str(authority))
    theirs.check_hostname = False  # the socket goes to 127.0.0.1
    servers = {listening.getsockname()[1]: port for listening, port in sockets.items()}  # type: ignore[attr-defined]
    asyncio.run(_carry(_Line(servers, ours, theirs, random.Random(seed)), list(sockets), orders))
