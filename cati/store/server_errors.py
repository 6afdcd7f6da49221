"""What an error of a server means, in a sentence; whether it was lost is told apart from all that it refuses."""

from __future__ import annotations

from sqlalchemy.exc import DBAPIError

from cati.errors import Problem
from cati.store.connecting import DiskFull, unreachable
from cati.text import tr

_DISK_FULL, _NO_SUCH_ROLE, _NOT_FREE = "53100", "42704", "55P03"
_NOT_ALLOWED = frozenset({"42501", "42P01"})  # without any right in the schema a table is one that does not exist
# Of a server that is gone, stops, is full, or does not take connections yet; and of one where the step has to be done
# again, for it waited too long for others (PostgreSQL manual, appendix A).
_NO_ANSWER = frozenset(
    {"08000", "08001", "08003", "08004", "08006", "57P01", "57P02", "57P03", "53300"}
    | {"40001", "40P01", "55P03", "57014"}
)  # fmt: skip


def _cause(error: Exception) -> tuple[object, str | None]:
    """Return (the driver's own error, its SQLSTATE): SQLAlchemy's statements wrap it, ours do not."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    return cause, getattr(cause, "sqlstate", None)


def may_mean_let_go(error: Exception) -> bool:
    """Tell whether an error is what somebody meets who is of the staff no more; others may meet it, too."""
    return _cause(error)[1] in (*_NOT_ALLOWED, _NO_SUCH_ROLE)


def waited_in_vain(error: Exception) -> bool:
    """Tell whether a lock did not come free in time: somebody may keep everybody waiting."""
    return _cause(error)[1] == _NOT_FREE


def problem_of(error: Exception) -> Problem | None:
    """Return what to say of an error of SQLAlchemy or psycopg; None for one that only a bug explains."""
    import psycopg  # noqa: PLC0415 - for studies on a server only

    cause, state = _cause(error)
    if state in _NOT_ALLOWED:
        return Problem(
            tr("Rights"),
            tr("The server does not allow this to you, or not any more."),
            tr("Sign in once more; if it is told again, ask a research lead."),
        )
    if state == _DISK_FULL:
        return DiskFull(
            tr("Server"),
            tr("The disk of the server is full; nothing of this step was saved."),
            tr("Tell whoever looks after the server."),
        )
    cut = isinstance(error, DBAPIError) and error.connection_invalidated
    if cut or state in _NO_ANSWER or (state is None and isinstance(cause, psycopg.OperationalError)):
        return unreachable()
    return None
