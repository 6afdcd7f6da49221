"""The worked checks of the reference, and what every set of rates must satisfy."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cati.survey.rates import Tally, rates


def test_the_worked_check_of_a_county() -> None:
    found = rates(
        Tally(complete=385, partial=12, refusal=240, noncontact=310, other=25, unknown_household=600,
              unknown_other=40, not_eligible=107)
    )  # fmt: skip
    expected = {
        "e": 0.900834, "rr1": 0.238834, "rr3": 0.248622, "rr5": 0.396091, "coop1": 0.581571, "coop3": 0.604396,
        "ref1": 0.148883, "con1": 0.410670,
    }  # fmt: skip
    for name, value in expected.items():
        assert round(getattr(found, name), 6) == value, name


def test_nothing_but_unknown_numbers_gives_dashes_where_nothing_can_be_said() -> None:
    found = rates(Tally(unknown_household=5))
    assert found.rr1 == 0
    assert found.ref1 == 0
    assert found.con1 == 0
    assert found.e is None
    assert found.rr3 is None
    assert found.rr5 is None
    assert found.coop1 is None
    assert found.coop3 is None


COUNT = st.integers(0, 500)


@given(st.builds(Tally, complete=COUNT, partial=COUNT, refusal=COUNT, noncontact=COUNT, other=COUNT,
                 unknown_household=COUNT, unknown_other=COUNT, not_eligible=COUNT))  # fmt: skip
def test_rates_lie_between_zero_and_one_and_in_their_order(tally: Tally) -> None:
    found = rates(tally)
    for name in Tally.__slots__:
        assert getattr(tally, name) >= 0
    values = {name: getattr(found, name) for name in type(found).__slots__}
    assert all(value is None or 0 <= value <= 1 for value in values.values())
    for low, high in (
        ("rr1", "rr3"),
        ("rr3", "rr5"),
        ("rr1", "rr2"),
        ("coop1", "coop3"),
        ("ref1", "ref3"),
        ("con1", "con3"),
    ):
        if values[low] is not None and values[high] is not None:
            assert values[low] <= values[high] + 1e-12
