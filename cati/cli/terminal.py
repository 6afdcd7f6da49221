"""What acts without a window share: a bar, passwords asked for, and a parser that speaks the reader's language."""

from __future__ import annotations

import argparse
import getpass
import re
import signal
import sys
from typing import TYPE_CHECKING, Any, NoReturn, Self

from cati.errors import Cancelled, Problem
from cati.text import mark, tr

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

USAGE_STATUS = 2

# What argparse says, word for word, and how we say it.
_SAID = (
    (r"the following arguments are required: (?P<what>.*)", mark("These are missing: {what}.")),
    (r"unrecognized arguments: (?P<what>.*)", mark("This cannot be understood: {what}.")),
    (
        r"argument (?P<what>.*?): invalid choice: (?P<given>.*?) \(.*",
        mark("{what}: {given} is no choice here."),
    ),
    (r"argument (?P<what>.*?): invalid int value: (?P<given>.*)", mark("{what}: {given} is not a whole number.")),
    (r"argument (?P<what>.*?): expected .*", mark("{what}: a value is missing.")),
)


def ask_password(prompt: str) -> str:
    """Ask for a password on the terminal, or take one line of standard input when that is no terminal."""
    if sys.stdin.isatty():
        try:
            return getpass.getpass(prompt + ": ")
        except EOFError:  # Ctrl+D
            raise Cancelled from None
    line = sys.stdin.readline()
    if not line:
        raise Problem(tr("Password"), tr("None was given."), tr("Type it, or give it as a line of standard input."))
    return line.rstrip("\r\n")


def ask_new_password(prompt: str, faults: Callable[[str], Sequence[str]] = lambda _password: ()) -> str:
    """Ask for a password that is not known yet; on a terminal twice, because nobody sees what is typed.

    ``faults`` tells what is wrong with one: a terminal asks again at once, not after everybody has typed theirs.
    """
    while True:
        password = ask_password(prompt)
        if not sys.stdin.isatty():
            return password
        wrong = faults(password)
        for fault in wrong:
            print(fault, file=sys.stderr)
        if wrong:
            continue
        if ask_password(tr("Once more")) == password:
            return password
        print(tr("The two are not the same. Please type it again."), file=sys.stderr)


class Bar:
    """Progress of one piece of work: a tqdm bar on a screen, silence in a pipe. Ctrl+C ends the work at its next step.

    Not sooner: an interruption at any moment could fall behind the moment at which all was kept, and would be told as
    "nothing was changed".
    """

    def __init__(self, what: str) -> None:
        from tqdm import tqdm

        self._bar = tqdm(desc=what, disable=not sys.stderr.isatty(), leave=False)
        self._wanted = False

    def __enter__(self) -> Self:
        """Take Ctrl+C over."""
        self._before = signal.signal(signal.SIGINT, self._stop)
        return self

    def __exit__(self, *_error: object) -> None:
        """Take the bar off the screen and give Ctrl+C back."""
        signal.signal(signal.SIGINT, self._before)
        self._bar.close()

    def tell(self, words: str) -> None:
        """Print a line above the bar, which would run on in the same line else."""
        self._bar.clear()
        print(words, flush=True)

    def _stop(self, _signal: int, _frame: object) -> None:
        self._wanted = True

    def __call__(self, done: int, total: int) -> None:
        """Show that ``done`` of ``total`` are through; raises Cancelled when Ctrl+C was pressed and there is more."""
        self._bar.total = total
        self._bar.update(done - self._bar.n)
        if self._wanted and done < total:
            raise Cancelled


class _Layout(argparse.HelpFormatter):
    def add_usage(
        self,
        usage: str | None,
        actions: Iterable[argparse.Action],
        groups: Iterable[argparse._MutuallyExclusiveGroup],
        prefix: str | None = None,
    ) -> None:
        super().add_usage(usage, actions, groups, tr("Call it so:") + " " if prefix is None else prefix)


class Parser(argparse.ArgumentParser):
    """argparse in the reader's language: its own words come from a catalogue that Python ships in English only."""

    def __init__(self, **words: Any) -> None:
        super().__init__(**{**words, "add_help": False, "formatter_class": _Layout})
        self._positionals.title = tr("to be given")
        self._optionals.title = tr("options")
        self.add_argument("-h", "--help", action="help", help=tr("show this help"))

    def error(self, message: str) -> NoReturn:
        """Say what is wrong in one sentence and leave with status 2."""
        for pattern, words in _SAID:
            found = re.fullmatch(pattern, message, re.DOTALL)
            if found is not None:
                message = tr(words, **found.groupdict())
                break
        self.exit(USAGE_STATUS, f"{self.format_usage()}{self.prog}: {message}\n")
