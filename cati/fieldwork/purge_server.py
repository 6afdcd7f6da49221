"""The end of a study on a server: the same steps by its own functions, two people's roles, every workstation's seal."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from cati.errors import Problem
from cati.fieldwork import log, purge_steps
from cati.fieldwork.backing_up import station as this_computer
from cati.fieldwork.open_study import Role
from cati.fieldwork.purge_persons import SignIn, wrong
from cati.fieldwork.purging import Purging, folders_of
from cati.fieldwork.residue import Needles, findings
from cati.fieldwork.stations import others_in_record, signing_keys, station_id
from cati.fieldwork.study_state import StudyState, keep_end
from cati.store import ending, studies
from cati.store.connecting import Refused
from cati.store.database import Database
from cati.store.opening import open_database
from cati.store.roles import Roles
from cati.store.studies import MemberRow
from cati.text import tr
from cati.vault.ending import sign_order
from cati.vault.people import WrongPassword
from cati.vault.seal_file import read_seal

_PIECE = 4 * 1024 * 1024
_BETWEEN = b"\xff\x00\xff"
"""Between two rows, so that no number is put together from both."""


class SealsLeft(Problem):
    """Other workstations hold the seal; ``names`` are theirs."""

    def __init__(self, names: Sequence[str]) -> None:
        self.names = tuple(names)
        super().__init__(
            tr("Erasure"),
            tr("These workstations still have the seal: {names}.", names=", ".join(self.names)),
            tr(
                "Let somebody sign in to the study there: that destroys it and is reported. Then go on here. If one "
                "cannot be reached any more, say why: the record will name it as not complete."
            ),
        )


@dataclass
class OnServer(Purging):
    """A purge on a server. ``folder`` keeps the record and ``place`` is the link file.

    ``unreached``: why workstations that still hold the seal cannot be reached, "" to wait for them.
    """

    place: Path = field(default_factory=Path)
    unreached: str = ""

    def folders(self) -> tuple[Path, ...]:
        """Return where a trace could lie on this workstation."""
        return (self.place, *folders_of(self.folder, self.seal_path, self.study_id))

    def ordered(self, at: str) -> dict[str, Any]:
        """Return the order by which every other workstation destroys its seal, signed by both."""
        order = sign_order(self.study_id, at, self.authority.signing).to_json()
        return {"order": order, "station": station_id(self.seal_path)}

    def found_in_rows(self, looked_for: Needles) -> dict[str, int]:
        """Search every byte of every row that is left in the database."""
        rows = found = 0
        piece = bytearray()
        with self.database.transaction(large=True) as transaction:
            for row in ending.every_byte(transaction):
                rows += 1
                piece += row + _BETWEEN
                if len(piece) >= _PIECE:
                    found += findings(bytes(piece), looked_for)
                    piece.clear()
        return {"rows": rows, "found_in_rows": found + findings(bytes(piece), looked_for)}

    def for_later(self, tails: Sequence[bytes]) -> dict[str, Any]:
        """Return the ends of the kept sample for the search of the server's disk; as text they do not match."""
        return {"tails": [tail.hex() for tail in tails]}

    def mark_erased(self, study: studies.StudyRow, complete: bool, at: str) -> None:  # noqa: ARG002 - a folder's needs it
        """Say that the contacts are erased, and let nobody sign in any more but those who may read the answers."""
        with self.database.transaction() as transaction:
            for row in studies.members(transaction):
                if row.server_role is not None and row.kept is None:
                    self.database.logins.dismiss(transaction, row.login)
            ending.sign(transaction, msgspec.json.encode({"complete": complete, "at": at}))
        keep_end(self.seal_path, StudyState.ERASED)


def record_folder(place: Path) -> Path:
    """Return where the record of a study on a server goes: beside its link file."""
    return place.with_name(f"{place.stem}-erasure")


def open_two(place: Path, sign_ins: Sequence[SignIn], closing: ExitStack) -> tuple[tuple[Database, MemberRow], ...]:
    """Open the database once as each of the two, which proves their passwords to the server.

    Once the contacts are erased a role of them may be gone: then as the other alone.
    """
    two: list[tuple[Database, MemberRow]] = []
    refused = None
    for sign_in in sign_ins:
        try:
            two.append(open_one(place, sign_in, closing))
        except WrongPassword as problem:
            refused = refused or problem
    if refused is not None:
        for database, row in two:
            with database.reading() as transaction:
                study = studies.the_study(transaction)
            if study is not None and study.erased_at is not None:
                return ((database, row),)
        raise refused
    return tuple(two)


def open_one(place: Path, sign_in: SignIn, closing: ExitStack) -> tuple[Database, MemberRow]:
    """Open the database as a member; a Problem names the login that the server does not take."""
    database = open_database(place, *sign_in)
    closing.callback(database.close)
    row = None
    try:
        with database.reading() as transaction:
            row = studies.member_by_login(transaction, sign_in[0])
    except Refused:
        pass
    if row is None or not row.active:
        raise wrong(sign_in[0])
    return database, row


def lead_and_second(two: Sequence[tuple[Database, MemberRow]]) -> tuple[Database, Database]:
    """Return the database as the (first) research lead, who erases, and as the other, who agrees."""
    at = next(at for at, (_database, row) in enumerate(two) if row.role == Role.RESEARCH_LEAD.value)
    other, row = two[1 - at]
    if row.role == Role.INTERVIEWER.value:
        raise Problem(
            tr("Erasure"),
            tr("On a server the second person must be a supervisor or a research lead."),
            tr("Ask another person."),
        )
    return two[at][0], other


def agree(lead: Database, other: Database, study_id: str, two: Sequence[MemberRow], *, begun: bool) -> None:
    """Let the second person agree on the server, after a look whether anybody else is at work."""
    prefix = Roles(study_id).prefix
    own = [row.server_role or "" for row in two]
    with lead.reading() as transaction:
        if not begun and ending.connected(transaction, prefix, own):
            raise Problem(tr("Erasure"), tr("This study is open somewhere else."), tr("Close it there and try again."))
    with other.transaction() as transaction:
        ending.agree(transaction)


def begin(purging: Purging) -> None:
    """Begin as in a folder; from here on nobody signs in any more, here neither."""
    purge_steps.begin(purging)
    keep_end(purging.seal_path, StudyState.ERASING)


def destroy(purging: Purging) -> None:
    """Destroy the seal here, once all other workstations said that theirs is gone, or why they cannot be reached."""
    if "seal_begun" not in purging.done:
        _collect(purging)
    purge_steps.destroy(purging)


def _collect(purging: Purging) -> None:
    own, why = station_id(purging.seal_path), getattr(purging, "unreached", "")
    with purging.database.reading() as transaction:
        rows = ending.stations(transaction)
        certified = signing_keys(studies.members(transaction), read_seal(purging.seal_path))
    others = others_in_record(rows, own, purging.study_id, certified, why)
    left = [line["name"] for line in others if not is_proven(line)]
    if left and not why:
        raise SealsLeft(left)
    purging.finish("stations", {"own": own, "name": this_computer(), "others": others})


def is_proven(line: dict[str, Any]) -> bool:
    """Tell whether a workstation of the record said, and signed, that its seal is gone."""
    return bool(line["gone"] and line.get("signed"))


def delete_rows(purging: Purging) -> None:
    """Let the server delete every row that leads to a person, by one transaction, into new files."""
    with purging.database.transaction(large=True) as transaction:
        entries, head = log.extent(transaction)
        kept = ending.delete_everything(
            transaction,
            purge_steps.tally(transaction),
            sorted(purge_steps.STAYS_IN_LOG),
            purge_steps.bare_records(transaction),
            {"entries": entries, "head": head},
        )
    purging.done["rows"] = {"log_kept": kept}


def rewrite(purging: Purging) -> None:
    """Nothing more: the deletion began new files; what is left on the server's disk its administrator deletes."""
    purging.finish("rewritten", {})
