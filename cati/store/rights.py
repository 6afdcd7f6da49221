"""What each role may do on a server: laid down by the owner of the tables, and compared before anybody works there."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from sqlalchemy.engine.interfaces import DBAPICursor

from cati.errors import Problem
from cati.store.database import Transaction
from cati.store.roles import Roles
from cati.text import tr

_SQL = Path(__file__).parent / "sql"
_FUNCTIONS = ("asking", "views", "claim", "answers", "working", "outage", "watching", "ending")
"""The files whose functions belong to the owner of the tables; those of "watch" and "gate" belong to these roles."""

_HIDDEN = (
    "cati_write", "cati_kept", "cati_erase_contact", "cati_turns_now", "cati_room", "cati_shut", "cati_second",
    "cati_best", "cati_any", "cati_seconds", "cati_leased", "cati_move", "cati_announced", "cati_left_open",
    "cati_may_view", "cati_chain_on", "cati_two", "cati_tie", "cati_drop_owned",
)  # fmt: skip
"""Functions that only other functions call."""

_HIGHER = {
    "supervisor": (
        "cati_announce", "cati_contacts_of", "cati_all_contacts", "cati_turn", "cati_marked", "cati_mix", "cati_sizes",
        "cati_begun", "cati_all_acts", "cati_agree_to_end", "cati_known", "cati_fresh",
    ),
    "lead": (
        "cati_admit", "cati_renew", "cati_dismiss", "cati_contacts_after", "cati_reseal", "cati_forget_hashes",
        "cati_rehash_never", "cati_reseal_reason", "cati_reseal_drafts", "cati_texts", "cati_reseal_text",
        "cati_reseal_pending", "cati_end_step", "cati_end_rows", "cati_end_left", "cati_end_bytes", "cati_end_signed",
        "cati_rows_are_gone", "cati_never", "cati_end_sessions", "cati_change_settings", "cati_open_drafts",
    ),
}  # fmt: skip
"""Functions that not everybody may call; each asks by itself again who calls it."""


def lay_down(transaction: Transaction, roles: Roles) -> None:
    """Make functions, grants and policies anew, whatever was there; in a transaction of `administration.AsOwner`.

    Nobody sees anything between old and new.
    """
    _clear(transaction, roles)
    for table in _tables(transaction):
        transaction.exec_driver_sql(f'ALTER TABLE public."{table}" ENABLE ROW LEVEL SECURITY')
        transaction.exec_driver_sql(f'ALTER TABLE public."{table}" FORCE ROW LEVEL SECURITY')
        transaction.exec_driver_sql(
            f'CREATE POLICY owner ON public."{table}" TO {roles.owner} USING (true) WITH CHECK (true)'
        )
    for name in _FUNCTIONS:
        _run(transaction, name, roles)
    transaction.exec_driver_sql(f"GRANT CREATE, USAGE ON SCHEMA public TO {roles.gate}, {roles.watch}")
    for role, name in ((roles.watch, "watch"), (roles.gate, "gate")):
        become(transaction, role)
        _run(transaction, name, roles)
        for function in _functions(transaction, role):
            _grant(transaction, roles, function)
        if role == roles.watch:
            transaction.exec_driver_sql(
                "GRANT EXECUTE ON FUNCTION public.cati_end_sessions(text), public.cati_drop_owned(text)"
                f" TO {roles.gate}"
            )
    for member in _members(transaction, roles):  # of before there was a watch
        tie(transaction, member)
    become(transaction, roles.owner)
    transaction.exec_driver_sql(f"REVOKE CREATE ON SCHEMA public FROM {roles.gate}, {roles.watch}")
    for function in _functions(transaction, roles.owner):
        _grant(transaction, roles, function)
    transaction.exec_driver_sql(
        f"GRANT EXECUTE ON FUNCTION public.cati_demand(int), public.cati_is(int), public.cati_me(),"
        f" public.cati_write(text, text, int, text) TO {roles.gate}, {roles.watch}"
    )
    _run(transaction, "rights", roles)


def tie(transaction: Transaction, member: str) -> None:
    """Bound the sessions of a member's role, and let the watch end them; as the gate."""
    transaction.exec_driver_sql("SELECT public.cati_tie(%s::text)", (member,))


def become(transaction: Transaction, role: str) -> None:
    """Act as another role until the transaction ends; the administrator's own in between."""
    transaction.exec_driver_sql("SET LOCAL ROLE NONE")
    transaction.exec_driver_sql(f"SET LOCAL ROLE {role}")


def _run(transaction: Transaction, name: str, roles: Roles) -> DBAPICursor:
    # Straight to the driver: SQLAlchemy would look for its own marks in the text.
    cursor = transaction.connection.cursor()
    cursor.execute(_text(name, roles))
    return cursor


def _text(name: str, roles: Roles) -> str:
    names = {
        "owner": roles.owner, "gate": roles.gate, "watch": roles.watch, "prefix": roles.prefix,
        "interviewer": roles.groups[0], "supervisor": roles.groups[1], "lead": roles.groups[2],
    }  # fmt: skip
    return re.sub(r"@([a-z]+?)(?=\W|_\[|$)", lambda found: names[found[1]], (_SQL / f"{name}.sql").read_text("utf-8"))


def _grant(transaction: Transaction, roles: Roles, function: str) -> None:
    transaction.exec_driver_sql(f"REVOKE ALL ON FUNCTION {function} FROM PUBLIC")
    name = function.removeprefix("public.").partition("(")[0]
    if name in _HIDDEN:
        return
    higher = next((group for group, names in _HIGHER.items() if name in names), "interviewer")
    transaction.exec_driver_sql(f"GRANT EXECUTE ON FUNCTION {function} TO {roles.prefix}_{higher}")


def _clear(transaction: Transaction, roles: Roles) -> None:
    """Take away every policy, function and grant that is there."""
    for table, policy in transaction.exec_driver_sql(
        "SELECT tablename, policyname FROM pg_policies WHERE schemaname = 'public'"
    ).all():
        transaction.exec_driver_sql(f'DROP POLICY "{policy}" ON public."{table}"')
    for role in (roles.owner, roles.gate, roles.watch):
        for function in _functions(transaction, role):
            transaction.exec_driver_sql(f"DROP FUNCTION {function} CASCADE")
    everybody = ", ".join(("PUBLIC", roles.gate, roles.watch, *roles.groups, *_members(transaction, roles)))
    for what in ("TABLES", "SEQUENCES", "FUNCTIONS"):
        transaction.exec_driver_sql(f"REVOKE ALL ON ALL {what} IN SCHEMA public FROM {everybody}")
    transaction.exec_driver_sql(f"REVOKE ALL ON SCHEMA public FROM {everybody}")


def _members(transaction: Transaction, roles: Roles) -> Sequence[str]:
    """Return the roles by which members sign in."""
    found = transaction.exec_driver_sql(
        "SELECT rolname FROM pg_roles WHERE rolname ~ %s ORDER BY rolname", (f"^{roles.prefix}_[0-9a-f]{{16}}$",)
    )
    return list(found.scalars())


def _tables(transaction: Transaction) -> Sequence[str]:
    found = transaction.exec_driver_sql(
        "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename"
    )
    return list(found.scalars())


def _functions(transaction: Transaction, owner: str) -> Sequence[str]:
    """Return the functions of the study's schema that this role owns, with the types of what they take."""
    found = transaction.exec_driver_sql(
        "SELECT format('public.%%I(%%s)', p.proname, pg_get_function_identity_arguments(p.oid))"
        " FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace"
        " WHERE n.nspname = 'public' AND pg_get_userbyid(p.proowner) = %s ORDER BY 1",
        (owner,),
    )
    return list(found.scalars())


def posture(transaction: Transaction, roles: Roles) -> frozenset[str]:
    """Return what the server says of rights in this study's database, a line each; read from its catalogue.

    The study's own roles stand as ~owner, ~lead and so on, everybody who signs in as ~member. The rest of the
    transaction finds no table by its bare name.
    """
    transaction.exec_driver_sql("SET LOCAL search_path = pg_catalog")
    return frozenset(str(row[0]) for row in _run(transaction, "posture", roles).fetchall())


@lru_cache(maxsize=1)
def expected() -> frozenset[str]:
    """Return what `posture` must be: what `lay_down` makes of an empty server."""
    return frozenset((_SQL / "posture.txt").read_text("utf-8").splitlines())


class OtherRights(Problem):
    """The server would let somebody do what they must not, or not do what they must; nobody works there."""


def differences(transaction: Transaction, roles: Roles) -> list[str]:
    """Return what the server lacks of what this program needs (-) and what it has besides (+), a line each."""
    there, wanted = posture(transaction, roles), expected()
    missing = sorted(line for line in wanted - there if not line.startswith(_SOMEBODY))
    return [*(f"- {line}" for line in missing), *(f"+ {line}" for line in sorted(there - wanted))]


def require_posture(transaction: Transaction, roles: Roles) -> None:
    """Raise `OtherRights` with the first differences unless the server enforces exactly what this program needs."""
    told = differences(transaction, roles)
    if not told:
        return
    raise OtherRights(
        tr("Server"),
        tr("Its rights are not those that this program lays down: {differences}", differences="; ".join(told[:_TOLD])),
        tr("Ask whoever looks after the server to run: cati init-server"),
    )


_TOLD = 4
_SOMEBODY = "role ~member: in "
"""Of these there need not be one of each kind."""
