"""Writes what a server's rights must be: `python -m tests.posture`, after a change of cati/store/sql."""

from __future__ import annotations

from pathlib import Path

from cati.store import administration, rights
from cati.store.roles import Roles
from cati.store.server import made_verifier
from tests import postgres, servers

STUDY = "0123456789ab" + "0" * 20


def laid_down() -> frozenset[str]:
    """Return the posture of an empty study's database with one member of each kind."""
    with postgres.running("fsync = off") as cluster:
        servers.lay_down(cluster, STUDY, "posture")
        owner = servers.as_owner(cluster, STUDY, "posture")
        roles = Roles(STUDY)
        with owner.transaction() as transaction:
            for role in ("interviewer", "supervisor", "research_lead"):
                verifier = made_verifier(transaction, roles.login(role), servers.PASSWORD)
                administration.set_login(transaction, roles, role, role, verifier)
        with owner.reading() as transaction:
            found = rights.posture(transaction, roles)
        owner.close()
    return found


if __name__ == "__main__":
    path = Path(rights.__file__).parent / "sql" / "posture.txt"
    path.write_text("\n".join(sorted(laid_down())) + "\n", "utf-8")
