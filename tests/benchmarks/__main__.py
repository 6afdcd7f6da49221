"""`make bench`: runs every bar of the performance table in one process each and prints one table."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent


def _figures(script: Path) -> list[tuple[str, str, str, str, bool]]:
    """Run one script alone, so that no bar warms or burdens another, and read its figures."""
    code = f"import json, runpy, sys; print('\\n' + json.dumps(runpy.run_path({str(script)!r})['figures']()))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=HERE.parent.parent
    )
    if done.returncode != 0:
        return [("?", script.stem, "did not run: " + (done.stderr.strip().splitlines() or ["?"])[-1], "", False)]
    return [tuple(row) for row in json.loads(done.stdout.strip().splitlines()[-1])]


def main() -> int:
    """Print bar, what, figure, limit, verdict; status 1 when a bar is missed."""
    only = sys.argv[1:]
    rows: list[tuple[str, str, str, str, str]] = [("bar", "what", "figure", "limit", "verdict")]
    missed = 0
    for script in sorted(HERE.glob("bench_*.py")):
        if only and script.stem not in only:
            continue
        print(f"… {script.stem}", file=sys.stderr, flush=True)
        for bar, what, figure, limit, holds in _figures(script):
            rows.append((str(bar), what, str(figure), str(limit), "holds" if holds else "MISSED"))
            missed += not holds
    rows[1:] = sorted(rows[1:], key=lambda row: (int(row[0]) if row[0].isdigit() else 99, row[1]))
    widths = [max(len(row[at]) for row in rows) for at in range(5)]
    for at, row in enumerate(rows):
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
        if at == 0:
            print("  ".join("-" * width for width in widths))
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
