"""One workstation that works by itself for some rounds, to be recorded or to have its disk filled: `python -m`."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path

import msgspec

from cati.errors import Problem
from cati.fieldwork import interviewing
from cati.fieldwork.study import sign_out
from cati.survey.answers import Answer
from tests.faults import client
from tests.faults.client import Client
from tests.faults.workstation import Away, Errand, short_leases


class NoOrders:
    """Stands where the campaign's orders come from; there are none."""

    def poll(self, _seconds: float) -> bool:
        """Say that there is no order, at once."""
        return False


class FullDisk(Client):
    """Somebody whose disk is full from the ``full_at``-th answer on; told so, they press the key again."""

    def __init__(self, errand: Errand, full_at: int) -> None:
        super().__init__(errand, NoOrders())  # type: ignore[arg-type]  # all of it that is asked
        self.answers, self.full_at, self.told = 0, full_at, 0

    def send(
        self, running: interviewing.RunningInterview, address: str, answer: Answer
    ) -> interviewing.RunningInterview:
        """Keep an answer, once more when it was not kept."""
        self.answers += 1
        if self.answers == self.full_at:
            fill(self.errand.place)
        try:
            return super().send(running, address, answer)
        except Problem:
            self.told += 1
            return super().send(running, address, answer)


def main(errand_path: str, rounds: str, full_at: str = "0") -> int:
    """Work so many rounds; at answer ``full_at`` all room on the study's disk is taken. Prints how often it was told."""
    errand = msgspec.json.decode(Path(errand_path).read_bytes(), type=Errand, dec_hook=lambda _kind, text: Path(text))
    os.environ["CATI_HOME"] = str(errand.home)
    short_leases(errand.lease_minutes)
    one: Client = FullDisk(errand, int(full_at)) if int(full_at) else client.make(errand, NoOrders())  # type: ignore[arg-type]  # as above
    for _ in range(int(rounds)):
        try:
            if one.study is None:
                one.sign_in()
            one.round()
        except Away:
            pass
    (errand.place / "filler").unlink(missing_ok=True)
    sign_out(one.study)
    if isinstance(one, FullDisk):
        print(one.told)
    return 0


def fill(folder: Path) -> None:
    """Take all room that is left on a disk."""
    with (folder / "filler").open("wb", buffering=0) as filler, suppress(OSError):
        while True:
            filler.write(bytes(4096))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
