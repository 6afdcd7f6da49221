"""The limit that a server sets on how many contacts somebody looks at in an hour: sql/views.sql."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

_TOO_MANY = "CA002"
"""SQLSTATE of the functions that show a contact no more to whoever saw too many this hour."""


class TooManyViews(Exception):  # noqa: N818 - nothing is wrong; it goes on within the hour
    """The server shows no further contact this hour; nothing was changed."""


@contextmanager
def limited() -> Iterator[None]:
    """Tell of a server that shows no further contact this hour as `TooManyViews`."""
    import psycopg  # noqa: PLC0415 - for studies on a server only

    try:
        yield
    except psycopg.Error as error:
        if error.sqlstate == _TOO_MANY:
            raise TooManyViews from None
        raise
