"""A wire between a program and a server that the tests cut, block, or let swallow an answer: real sockets."""

from __future__ import annotations

import select
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress


class Proxy:
    """Passes everything on to ``port`` until told otherwise.

    ``cut``: whoever connects is hung up on. ``blocked``: connections stand, nothing comes through. ``swallow``: the
    next message to the server that holds these bytes is passed on, its answer is not, and the connection is cut.
    """

    def __init__(self, port: int) -> None:
        self.target = port
        self.cut = False
        self.blocked = threading.Event()
        self.swallow = b""
        self.swallowed = 0
        self._open: set[socket.socket] = set()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        while True:
            try:
                near, _address = self._listener.accept()
            except OSError:
                return
            if self.cut:
                near.close()
                continue
            threading.Thread(target=self._pass_on, args=(near,), daemon=True).start()

    def _pass_on(self, near: socket.socket) -> None:
        try:
            far = socket.create_connection(("127.0.0.1", self.target), timeout=5)
        except OSError:
            near.close()
            return
        self._open |= {near, far}
        with suppress(OSError, ValueError):
            self._talk(near, far)
        for one in (near, far):
            with suppress(OSError):
                one.close()

    def _talk(self, near: socket.socket, far: socket.socket) -> None:
        far.settimeout(30)
        while True:
            ready, _writing, _failed = select.select([near, far], [], [], 0.05)
            if self.blocked.is_set():
                continue
            for one in ready:
                said = one.recv(65536)
                if not said:
                    return
                if one is near and self.swallow and self.swallow in said:
                    self.swallow = b""
                    far.sendall(said)
                    far.recv(65536)  # the server has done it
                    self.swallowed += 1
                    return
                (far if one is near else near).sendall(said)

    def cut_all(self) -> None:
        """Cut every connection there is."""
        for one in self._open:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            with suppress(OSError):
                one.close()
        self._open.clear()

    def close(self) -> None:
        """Listen no more."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # whoever waits in accept() is not woken by close() alone
        self._listener.close()
        self.cut_all()


@contextmanager
def between(port: int) -> Iterator[Proxy]:
    """A wire to a server on this computer."""
    proxy = Proxy(port)
    try:
        yield proxy
    finally:
        proxy.close()
