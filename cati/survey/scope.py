"""What an expression may ask of the interview while it is worked out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Protocol

from cati.survey.functions import Value


class Scope(Protocol):
    """What an expression may ask while it is worked out. In a roster an item's name means the member at hand."""

    __slots__ = ()

    def value(self, name: str) -> str:
        """Return the canonical text of an item, "" when it has no answer or is off the path.

        From outside its roster: the first member's.
        """

    def nodes(self, name: str) -> tuple[str, ...]:
        """Return the texts of every instance on the path that this place can see; of a roster one entry a member."""

    def status(self, name: str) -> str:
        """Return the item's status ("answered", "dk", "refused", "skipped", "not_asked", "off_path")."""

    def label(self, name: str, choice: str) -> str:
        """Return the label of a choice of an item, in the language of the interview."""

    def current(self) -> str:
        """Return the value that ``.`` stands for."""

    def column(self, name: str) -> str:
        """Return a column of the choice being filtered, "" outside a choice filter."""

    def position(self, up: int) -> float:
        """Return the number (from 1) of an ancestor among its sisters; ``..`` is 1 up, ``../..`` 2."""

    def position_of(self, name: str) -> float:
        """Return the number (from 1) of the roster's member at hand."""

    def indexed(self, name: str, places: tuple[tuple[str, float], ...]) -> str:
        """Return an item's text in the members given by roster and number (from 1), "" when there is none."""

    def each_member(self, roster: str) -> Iterator[Scope]:
        """Yield, for each member of a roster that can be seen from here, a scope that stands in it, one at a time.

        A question's name stands for its own roster.
        """

    def table(self, name: str) -> Sequence[Mapping[str, str]]:
        """Return the rows of a table beside the form or of a choice list; () when there is none."""

    def call(self, name: str, arguments: list[Value]) -> Value:
        """Answer what the interview knows: today, now, random, once, uuid, version, index, duration, and of the form.

        "zone" is the name of the interview's time zone; "" stands for UTC. "type" is what the text of the item that is
        named ("." for the one at hand) stands for: "number", "boolean", "text", … or "" where that is not known.
        """


Closure = Callable[[Scope], Value]
Truth = Callable[[Scope], bool]
Number = Callable[[Scope], float]
