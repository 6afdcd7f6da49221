"""What an administrator should set against guessing at passwords from a workstation that is none of the study's."""

from __future__ import annotations

from collections.abc import Iterator

from cati.store import administration
from cati.store.administrator import administrator
from cati.text import tr


def guessing_advice(url: str, password: str = "") -> Iterator[str]:
    """Yield the lines to tell, none where the server delays refused sign-ins already.

    Our own windows wait by themselves; whoever talks to the server without them is only slowed down by the server,
    and only its own log tells of them.
    """
    with administrator(url, password) as connection:
        if administration.delays_refusals(connection):
            return
    yield tr("Against guessing from outside the program, put these lines into postgresql.conf and restart the server:")
    yield "    shared_preload_libraries = 'auth_delay'"
    yield "    auth_delay.milliseconds = '1000'"
    yield tr("Refused sign-ins stand in the server’s own log, by role: look there now and then.")
