"""Writes what a server's rights must be: `python -m tests.posture`, after a change of cati/store/sql."""

from __future__ import annotations

from pathlib import Path

from cati.store import administration, rights
from cati.store.roles import Roles, made_verifier
from tests import postgres, servers

STUDY = "0123456789ab" + "0" * 20
DATABASE = "posture"


def lay_down(cluster: postgres.Cluster) -> None:
    """Make an empty study's database with one member of each kind, who is called by that kind."""
    servers.lay_down(cluster, STUDY, DATABASE)
    owner = servers.as_owner(cluster, STUDY, DATABASE)
    roles = Roles(STUDY)
    with owner.transaction() as transaction:
        for role in ("interviewer", "supervisor", "research_lead"):
            verifier = made_verifier(transaction, roles.login(role), servers.PASSWORD)
            administration.set_login(transaction, roles, role, role, verifier)
    owner.close()


def _write(path: Path) -> None:
    with postgres.running("fsync = off") as cluster:
        lay_down(cluster)
        owner = servers.as_owner(cluster, STUDY, DATABASE)
        with owner.reading() as transaction:
            path.write_text("\n".join(sorted(rights.posture(transaction, Roles(STUDY)))) + "\n", "utf-8")
        owner.close()


if __name__ == "__main__":
    _write(Path(rights.__file__).parent / "sql" / "posture.txt")
