"""What a person can understand and mend: the one exception the program shows as a sentence."""

from __future__ import annotations


class Problem(Exception):  # noqa: N818 - the house calls it a Problem, and so do the people who read it
    """A known failure: where it is, what it is, and what to do about it.

    All three parts are already in the reader's language and must hold no personal data,
    because a Problem may be logged by its type and shown on a screen that others see.
    """

    def __init__(self, where: str, what: str, do: str = "") -> None:
        super().__init__(where, what, do)
        self.where = where
        self.what = what
        self.do = do

    def __str__(self) -> str:
        """Return the parts as one line, for a terminal."""
        head = f"{self.where}: {self.what}" if self.where else self.what
        return f"{head} {self.do}" if self.do else head


class Cancelled(Exception):  # noqa: N818 - not an error: somebody pressed Cancel
    """Long work was cancelled by the person who started it; nothing was changed."""
