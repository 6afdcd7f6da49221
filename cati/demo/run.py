"""`cati demo`: from a sealed list of invented people to the erasure record, told in plain words."""

from __future__ import annotations

import os
import random
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic

from tqdm import tqdm

from cati.demo import field as fieldwork_weeks
from cati.demo import people, scene
from cati.errors import Problem
from cati.fieldwork import export as exporting
from cati.fieldwork import mixing, sample
from cati.fieldwork import purge as purging
from cati.fieldwork.hand_over import Slip, seal_list
from cati.fieldwork.open_study import OpenStudy
from cati.fieldwork.sheets import write_sheets
from cati.fieldwork.study import CreatedStudy, create_study, open_study
from cati.fieldwork.supervising import progress as figures_of
from cati.survey.rates import Rates
from cati.text import tr


class _Bar:
    """One bar of tqdm on a terminal; silence elsewhere."""

    def __init__(self, what: str) -> None:
        self._bar = tqdm(desc=what, disable=not sys.stderr.isatty(), leave=False)

    def __call__(self, done: int, total: int) -> None:
        self._bar.total = total
        self._bar.update(done - self._bar.n)
        if done >= total:
            self._bar.close()


def has_display() -> bool:
    """Tell whether a window could be seen here."""
    if sys.platform in ("win32", "darwin"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _free(folder: Path) -> Path:
    """Return the folder, or folder-2, folder-3 … when an earlier demonstration lies there: nothing is overwritten."""
    n, found = 1, folder
    while found.exists() and any(found.iterdir()):
        n += 1
        found = folder.with_name(f"{folder.name}-{n}")
    return found.resolve()


def run_demo(folder: Path, *, window: bool | None = None) -> int:
    """Run the demonstration in a new folder; ``window`` None: open one when there is a display. Returns 0."""
    started = monotonic()
    folder = _free(folder)
    folder.mkdir(parents=True, exist_ok=True)
    os.environ["CATI_HOME"] = str(folder / "home")  # the demonstration leaves no trace among real studies
    draw = random.Random(20260706)
    clock = fieldwork_weeks.Clock(datetime(2026, 7, 6, 6, 30, tzinfo=UTC))
    created = _made(folder, clock, draw)
    _brought_in(folder, created, clock, draw)
    if has_display() if window is None else window:
        return _open_window(created)
    _worked(folder, created, clock, draw)
    ok = _ended(folder, created, clock, draw)
    print("\n" + tr("All of it took {n} seconds.", n=round(monotonic() - started)))
    return 0 if ok else 1


def _say(title: str, *lines: str) -> None:
    print(f"\n{title}")
    for line in lines:
        print(f"  {line}")


def _sign_in(created: CreatedStudy, login: str, clock: fieldwork_weeks.Clock, draw: random.Random) -> OpenStudy:
    return open_study(
        created.folder, login, scene.PASSWORDS[login], now=clock.now, draw=random.Random(draw.getrandbits(64)),
        seal_path=created.seal_path,
    )  # fmt: skip


def _made(folder: Path, clock: fieldwork_weeks.Clock, draw: random.Random) -> CreatedStudy:
    created = create_study(
        folder / "study", scene.SETTINGS, scene.form(), scene.STAFF, now=clock.now, draw=draw,
        seal_folder=folder / "seal", progress=_Bar(tr("Making keys")),
    )  # fmt: skip
    seal_sheet, office_sheet = write_sheets(created, scene.SETTINGS, folder / "papers")
    seal_sheet.unlink()  # nobody prints here; kept as a file it would undo the erasure, which refuses beside it
    _say(
        tr("1. The study"),
        tr("Made in {folder}; its seal lies apart, in {seal}.", folder=created.folder, seal=created.seal_path),
        tr("The paper copy of the seal would be printed now, locked away, and its file deleted: it is deleted."),
        tr("To print: {path}", path=office_sheet),
    )
    return created


def _brought_in(folder: Path, created: CreatedStudy, clock: fieldwork_weeks.Clock, draw: random.Random) -> None:
    table, sealed = folder / "office" / "list.csv", folder / "office" / "list.csv.age"
    table.parent.mkdir(exist_ok=True)
    table.write_bytes(people.invent_list(scene.CONTACTS, scene.SETTINGS, draw, today=scene.FIRST_DAY))
    slip: Slip = seal_list(table, sealed, recipient=created.recipient, passphrase=None)
    table.unlink()
    lead = _sign_in(created, "lead", clock, draw)
    received = sample.receive(lead, sealed)
    mapping = sample.propose(lead, received)
    report = sample.bring_in(lead, received, mapping, rows_on_slip=slip.rows, progress=_Bar(tr("Bringing in the list")))
    lead.close()
    _say(
        tr("2. The list"),
        tr("The office sealed {n} invented people to the study: {path}", n=slip.rows, path=sealed),
        tr("{n} accepted, {m} refused. Their numbers are reserved for fiction.", n=report.accepted,
           m=len(report.refused)),
    )  # fmt: skip


def _open_window(created: CreatedStudy) -> int:
    """Open the real window, signed in as an interviewer, on a weekday of the field period."""
    from cati.app import build, guard
    from cati.ui.look import show_on_screen

    now = scene.shifted_clock(datetime(2026, 7, 7, 12, 32, tzinfo=UTC))
    app, window = build([])
    guard(window)
    window.now = now
    window.enter(
        open_study(created.folder, "anna", scene.PASSWORDS["anna"], now=now, draw=random.SystemRandom(),
                   seal_path=created.seal_path)
    )  # fmt: skip
    show_on_screen(window, window.screen().availableGeometry())
    _say(
        tr("3. The window"),
        tr(
            "You are signed in as the interviewer Anna. Other logins and their passwords, for this invented study only:"
        ),
        *(f"{login}: {password}" for login, password in scene.PASSWORDS.items()),
    )
    return int(app.exec())


def _worked(folder: Path, created: CreatedStudy, clock: fieldwork_weeks.Clock, draw: random.Random) -> None:
    days = [scene.FIRST_DAY + timedelta(days=at) for at in range(scene.MEASURED_DAYS)]
    days = [day for day in days if day.weekday() < 6]  # noqa: PLR2004 - no calls on Sundays
    from cati.demo.pages import drive_pages, picture_places  # loads Qt

    clock.at = datetime(2026, 7, 6, 8, 2, tzinfo=UTC)
    anna = _sign_in(created, "anna", clock, draw)
    pictures = drive_pages(anna, clock, folder / "pictures", draw)
    _say(
        tr("3. One interview in the real window"),
        tr("Anna took a case, read the introduction aloud and asked the questions, by keyboard alone."),
        *(tr("Picture: {path}", path=path) for path in pictures),
    )
    boris = _sign_in(created, "boris", clock, draw)
    happened = fieldwork_weeks.work([anna, boris], clock, days, draw, progress=_Bar(tr("Two weeks of calls")))
    lead = _sign_in(created, "lead", clock, draw)
    now = figures_of(lead)
    places = picture_places(lead, clock, folder / "pictures" / "lead", ("progress", "list", "settings", "purge"))
    for study in (anna, boris, lead):
        study.close()
    _say(
        tr("4. Two weeks of calls"),
        tr("{calls} calls on {days} days, {n} interviews, {w} withdrawals.", calls=happened.calls, days=happened.days,
           n=happened.interviews + 1, w=happened.withdrawals),
        *(
            tr("{site}, {department}: {n} of {target}", site=cell.site_name, department=cell.department_name,
               n=cell.complete, target=cell.target)
            for cell in now.cells
        ),
        _rates_in_words(now.rates),
        *(tr("Picture: {path}", path=path) for path in places),
    )  # fmt: skip


def _rates_in_words(rates: Rates) -> str:
    def percent(value: float | None) -> str:
        return "–" if value is None else f"{100 * value:.1f} %"

    return tr(
        "RR1 {rr1}, RR3 {rr3} (e = {e}), COOP1 {coop}, REF1 {ref}, CON1 {con}", rr1=percent(rates.rr1),
        rr3=percent(rates.rr3), e=percent(rates.e), coop=percent(rates.coop1), ref=percent(rates.ref1),
        con=percent(rates.con1),
    )  # fmt: skip


def _ended(folder: Path, created: CreatedStudy, clock: fieldwork_weeks.Clock, draw: random.Random) -> bool:
    clock.at = datetime(2026, 8, 15, 8, 0, tzinfo=UTC)
    lead = _sign_in(created, "lead", clock, draw)
    mixing.end_field(lead)
    exported = exporting.export(lead, folder / "export", set(exporting.ExportFormat), progress=_Bar(tr("Exporting")))
    plan = purging.dry_run(lead)
    lead.close()
    _say(
        tr("5. The answers"),
        tr("{n} interviews exported, tied to nobody:", n=exported.interviews),
        *(str(path) for path in exported.paths),
        *exported.notes,
    )
    if plan.hindrances:
        raise Problem(tr("Erasure"), " ".join(plan.hindrances), "")
    record = purging.purge(
        created.folder, ("lead", scene.PASSWORDS["lead"]), ("zeuge", scene.PASSWORDS["zeuge"]), now=clock.now,
        draw=draw, progress=_Bar(tr("Erasing")), seal_path=created.seal_path,
    )  # fmt: skip
    verdict = purging.verify_erasure(record.paths[0], created.record_public_key)
    _say(
        tr("6. The erasure"),
        *plan.lines,
        tr("Erased completely.") if record.complete else tr("Erased, but not completely; the record says why."),
        *(str(path) for path in record.paths),
        *verdict.lines,
    )
    return verdict.ok and record.complete
