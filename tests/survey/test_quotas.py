"""Quota cells: a department's or a site's target closes a cell, and nothing else does."""

from __future__ import annotations

from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st

from cati.settings import ConsentWording, Department, Site, StudySettings
from cati.survey.quotas import Cell, count_cells, open_cells


def _study(site_target: int, targets: list[int]) -> StudySettings:
    departments = tuple(Department(code=f"d{n}", name=f"D{n}", target=target) for n, target in enumerate(targets))
    day = date(2027, 7, 1)
    return StudySettings(
        name="N", client="C", institute="I", callback_number="030 1", field_from=day, field_to=day, contact_from=day,
        contact_to=day, erasure_date=day, languages=("de",), expected_minutes=15,
        consent=(ConsentWording(version="1", text="t"),),
        sites=tuple(Site(code=code, name=code, land="BY", target=site_target, departments=departments) for code in "ab"),
    )  # fmt: skip


@settings(max_examples=80, deadline=None)
@given(
    site_target=st.integers(1, 12),
    rows=st.lists(st.tuples(st.integers(0, 6), st.integers(0, 8)), min_size=1, max_size=4),
)
def test_a_cell_is_open_while_both_targets_are_unmet(site_target: int, rows: list[tuple[int, int]]) -> None:
    study = _study(site_target, [target for target, _done in rows])
    complete = {Cell("a", f"d{n}"): done for n, (_target, done) in enumerate(rows)}
    at_site = sum(done for _target, done in rows)
    wanted = {Cell("a", f"d{n}") for n, (target, done) in enumerate(rows) if done < target and at_site < site_target}
    untouched = {Cell("b", f"d{n}") for n, (target, _done) in enumerate(rows) if target}
    assert open_cells(study, complete) == wanted | untouched
    for count in count_cells(study, complete):
        assert count.open == max(0, count.target - count.complete)


def test_interviews_of_an_unplanned_cell_close_nothing() -> None:
    study = _study(5, [3])
    assert open_cells(study, {Cell("a", "other"): 9, Cell("x", "d0"): 9}) == {Cell("a", "d0"), Cell("b", "d0")}
