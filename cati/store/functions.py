"""Functions that a server's database runs as the owner of its tables; their text lies in `cati/store/sql`."""

from __future__ import annotations

from importlib import resources

from cati.store.database import Transaction


def text_of(area: str) -> str:
    """Return the statements of one file, each of which may be given again and again."""
    return resources.files("cati.store").joinpath("sql", f"{area}.sql").read_text("utf-8")


def install(transaction: Transaction, area: str) -> None:
    """Make the functions of one file anew, as the owner of the tables."""
    # Straight to the driver: neither % nor : means anything in these.
    transaction.connection.cursor().execute(text_of(area))
