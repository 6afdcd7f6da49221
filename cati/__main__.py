"""`cati`: opens the window, or runs one act without it."""

from __future__ import annotations

import sys


def main() -> int:
    """Run the program with the process's arguments and return its exit status."""
    from cati.vault.hygiene import forbid_core_dumps  # noqa: PLC0415 - before anything personal is in memory

    forbid_core_dumps()
    if sys.argv[1:] == ["--read-table-in-child"]:
        from cati.files.table_child import main as read_table  # noqa: PLC0415 - a frozen program calls itself so

        return read_table()
    from cati.bugs import keep_log  # noqa: PLC0415 - the child that reads tables keeps none

    keep_log()
    if len(sys.argv) == 1 or (len(sys.argv) == 2 and sys.argv[1].endswith(".cati-study")):  # noqa: PLR2004 - one word
        try:
            from cati.app import main as open_window  # noqa: PLC0415 - the terminal's acts must not load Qt
        except ImportError as error:
            from cati.cli import say_no_window  # noqa: PLC0415 - where there is no window, its words are not loaded

            return say_no_window(error)
        return open_window()
    from cati.cli import main as act  # noqa: PLC0415 - and the window must not load the terminal's

    return act(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
