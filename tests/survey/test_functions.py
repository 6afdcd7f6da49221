"""The function library: what ODK's engines give for the same arguments, in an interview with a form around it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cati.survey.expressions import ExpressionProblem, compile_expression
from cati.survey.functions import LIBRARY, Value

TOWNS: tuple[dict[str, str], ...] = (
    {"name": "a", "label": "Augsburg", "county": "south", "size": "300"},
    {"name": "b", "label": "Bonn", "county": "west", "size": "330"},
    {"name": "c", "label": "Celle", "county": "north", "size": "70"},
    {"name": "d", "label": "Dachau", "county": "south"},
)
SHAPE = (
    "7.9377 -11.5845 0 0;7.9324 -11.5902 0 0;7.927 -11.5857 0 0;7.925 -11.578 0 0;7.9267 -11.5722 0 0;"
    "7.9325 -11.5708 0 0;7.9372 -11.5737 0 0;7.9393 -11.579 0 0;7.9377 -11.5845 0 0"
)
TRACE = (
    "38.253094215699576 21.756382658677467;38.25021274773806 21.756382658677467;"
    "38.25007793942195 21.763892843919166;38.25290886154963 21.763935759263404;38.25146813817506 21.758421137528785"
)


class Interview:
    """A scope with a household of three, a table, and a clock in Augsburg."""

    answers: ClassVar = {
        "holds": "true",
        "fails": "false",
        "age": "44",
        "news": "tv web",
        "born": "1982-03-04",
        "county": "south",
        "none": "",
    }
    members: ClassVar = {"member_age": ("40", "12", ""), "member_name": ("Ada", "Bo", "Cy"), "member": ("", "", "")}

    def __init__(self, current: str = "", zone: str = "Europe/Berlin") -> None:
        self._current = current
        self._zone = zone

    def value(self, name: str) -> str:
        return self.members[name][0] if name in self.members else self.answers.get(name, "")

    def nodes(self, name: str) -> tuple[str, ...]:
        if name in self.members:
            return self.members[name]
        return (self.answers[name],) if name in self.answers else ()

    def status(self, name: str) -> str:
        return "answered" if self.answers.get(name) else "refused"

    def label(self, name: str, choice: str) -> str:
        return f"{name}:{choice}"

    def current(self) -> str:
        return self._current

    def column(self, name: str) -> str:
        return {"county": "south"}.get(name, "")

    def position(self, up: int) -> float:
        return 10.0 + up

    def position_of(self, _name: str) -> float:
        return 2.0

    def indexed(self, name: str, places: tuple[tuple[str, float], ...]) -> str:
        number = dict(places).get("member", math.nan)
        found = self.members.get(name)
        if found is None:
            return self.value(name)
        return found[int(number) - 1] if 1 <= number <= len(found) else ""

    def each_member(self, roster: str) -> Iterator[Interview]:
        return (Member(n) for n, _ in enumerate(self.nodes(roster)))

    def table(self, name: str) -> Sequence[Mapping[str, str]]:
        return TOWNS if name == "towns" else ()

    def call(self, name: str, arguments: list[Value]) -> Value:
        known: dict[str, Value] = {
            "today": "2026-07-01", "now": "2026-07-01T10:30:00.000+02:00", "random": 0.25, "zone": self._zone,
            "version": "7", "index": 2.0,
        }  # fmt: skip
        return arguments[0] if name == "once" else known.get(name, "")


class Member(Interview):
    """The interview as one member of the roster sees it."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self._number = number

    def value(self, name: str) -> str:
        return self.members[name][self._number] if name in self.members else super().value(name)

    def nodes(self, name: str) -> tuple[str, ...]:
        return (self.value(name),) if name in self.members and name != "member" else super().nodes(name)

    def position_of(self, _name: str) -> float:
        return self._number + 1.0


def worked_out(source: str, current: str = "") -> str:
    return compile_expression(source).text(Interview(current))


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("sum(${member_age})", "52"),
        ("min(${member_age})", "12"),
        ("max(${member_age}, 50)", "50"),
        ("max(-4, -1, -3)", "-1"),
        ("count(${member})", "3"),
        ("count(${unheard_of})", "0"),
        ("count-non-empty(${member_age})", "2"),
        ("join(', ', ${member_name})", "Ada, Bo, Cy"),
        ("concat(${member_name}, '!')", "AdaBoCy!"),
        ("${member_name}", "Ada"),
        ("indexed-repeat(${member_name}, ${member}, 2)", "Bo"),
        ("indexed-repeat(${member_name}, ${member}, 7)", ""),
        ("indexed-repeat(${member_name}, ${member}, ${none})", "Ada"),
        ("/data/member[2]/member_name", "Bo"),
        ("../member[position() = 1 + 1]/group/member_name", "Bo"),
        ("${member}[position() = count(${member})]/member_name", "Cy"),
        ("${member}/member_name", "Ada"),
        ("sum(${member}/member_age)", "52"),
        ("count-if(${member}, ${member_age} > 10)", "2"),
        ("date(-1.5)", "1969-12-31"),
        ("sum-if(${member_age}, ${member_name} != 'Ada')", "12"),
        ("min-if(${member_age}, ${member_age} > 12)", "40"),
        ("max-if(${member_age}, ${member_age} > 99)", "NaN"),
        ("join-if(', ', ${member_name}, ${member_age} > 10)", "Ada, Bo"),
        ("rank-index-if(1, ${member_age}, ${member_age} > 10)", "1"),
        ("rank-index-if(2, ${member_age}, ${member_age} > 20)", "999"),
        ("rank-value(3, '4 2 1 9 3 7')", "4"),
        ("lower('Straße A')", "straße a"),
        ("upper('ab')", "AB"),
        ("empty('')", "true"),
        ("empty(${age})", "false"),
        ("format-number(-1234567.5)", "-1\u202f234\u202f567.5"),
        ("format-number('abc')", "abc"),
        ("decimal-time('')", ""),
        ("decimal-date-time('')", ""),
        ("count(where(${member}, ${member_age} > 10))", "2"),
        ("join('+', where(${member}, ${member_age} > 10, ${member_name}))", "Ada+Bo"),
        ("count(${member}[member_age > 10])", "2"),
        ("sum(/data/group/member[./member_name != 'Ada']/member_age)", "12"),
        ("sum(../member[${member_age} > 10][position() < 2]/member_age)", "40"),
        ("join(' ', ${member}[position() > 1 and not(member_age = '')]/member_name)", "Bo"),
        ("${member}[member_age = 12]/member_name", "Bo"),
        ("${member}[last()]/member_name", "Cy"),
        ("${member}[member_age = 99]/member_name", ""),
        ("../member[position() = position(current()/..) - 9]/member_name", "Bo"),
        ("count-if(${member}, ${member_age} > 10 and ${age} = 44)", "2"),
        ("position(..)", "11"),
        ("position(../..)", "12"),
        ("position(${member})", "2"),
        ("index()", "2"),
        ("rank-index(1, ${member_age})", "1"),
        ("rank-index(2, ${member_age})", "2"),
        ("rank-index(9, ${member_age})", "999"),
        ("rank-value(20, ${member_age})", "2"),
        ("join(' ', randomize(${member_name}, 1))", "Bo Ada Cy"),
        ("de-duplicate(' ', 'a b a c b')", "a b c"),
        ("item-at('|', 'a|b|c', 1)", "b"),
        ("item-index('|', 'a|b|c', 'c')", "2"),
        ("item-present('|', 'a|b|c', 'x')", "false"),
        ("count-items(', ', 'a, b')", "2"),
        ("relevant(${member_age})", "true"),
        ("relevant(${unheard_of})", "false"),
        ("checklist(1, 1, ${none}, ${age})", "true"),
        ("weighted-checklist(3, 5, true(), 2, true(), 2)", "true"),
        ("is_refused(${none}) and answered(${age})", "true"),
        ("if(${fails}, 'a', 'b')", "b"),  # what a calculation came to
        ("${holds} and not(${fails})", "true"),
        ("boolean(${fails})", "false"),
        ("boolean('false')", "true"),
        ("${fails} = false() and ${holds} = true()", "true"),
        ("true() = ${fails}", "false"),
        ("${fails} = 0 and ${holds} = 1", "true"),
        ("${holds} + ${holds} + ${fails}", "2"),
        ("sum(${holds}) + 'true'", "NaN"),
        ("checklist(1, 1, ${holds}, ${fails})", "true"),
    ],
)  # fmt: skip
def test_functions_on_sets(source: str, expected: str) -> None:
    assert worked_out(source) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("instance('towns')/root/item[name = 'b']/label", "Bonn"),
        ("instance('towns')/root/item[name = 'x']/label", ""),
        ("instance('unheard_of')/root/item[name = 'b']/label", ""),
        ("count(instance('towns')/root/item[county = ${county}])", "2"),
        ("count(instance('towns')/root/item)", "4"),
        ("join(' ', instance('towns')/root/item[county = 'south']/label)", "Augsburg Dachau"),
        ("sum(instance('towns')/root/item/size)", "700"),
        ("count(instance('towns')/root/item/size)", "3"),
        ("instance('towns')/root/item[3]/label", "Celle"),
        ("instance('towns')/root/item[position() = 2]/label", "Bonn"),
        ("instance('towns')/root/item[last()]/label", "Dachau"),
        ("instance('towns')/root/item[county = 'south'][2]/label", "Dachau"),
        ("instance('towns')/root/item[size = 70]/label", "Celle"),
        ("instance('towns')/root/item[size > 100 and not(county = 'west')]/label", "Augsburg"),
        ("instance('towns')/root/item/label[. = 'Bonn']", "Bonn"),
        ("instance('towns')/root/item[name = instance('towns')/root/item[label = 'Bonn']/name]/size", "330"),
        ("instance('towns')/root/item[county = current()/../county and size]/label", "Augsburg"),
        ("pulldata('towns', 'size', 'label', 'Celle')", "70"),
        ("pulldata('towns.csv', 'size', 'name', 'd')", ""),
        ("county = 'south' and instance('towns')/root/item[name = 'b']/county = 'west' and county = 'south'", "true"),
    ],
)
def test_tables(source: str, expected: str) -> None:
    assert worked_out(source) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("int((today() - ${born}) div 365.25)", "44"),
        ("date('2026-03-30') - date('2026-03-28')", "2"),  # the clock was put forward in between
        ("date(today() + 1)", "2026-07-02"),
        ("date('2026-1-2')", "2026-01-02"),
        ("date('2026-02-30')", ""),
        ("date('')", ""),
        ("date('2026-07-01T23:30:00Z')", "2026-07-02"),
        ("date-time('2026-07-01T23:30:00Z')", "2026-07-02T01:30:00.000+02:00"),
        ("date-time(0)", "1970-01-01T01:00:00.000+01:00"),
        ("decimal-date-time('2026-01-01T01:00:00.000+01:00')", "20454"),
        ("decimal-time('12:00')", "0.5"),
        ("decimal-time('12:00:00.000+02:00')", "0.5"),
        ("decimal-time('12:00:00.000+01:00')", "0.5"),
        ("decimal-time('12:00:00.000Z')", "0.5416666666666666"),
        ("decimal-time('25:00')", "NaN"),
        ("decimal-time(now())", "0.4375"),
        ("format-date('2026-07-01', '%a %d.%m.%Y, %e. %b, %n/%y')", "Wed 01.07.2026, 1. Jul, 7/26"),
        ("format-date-time(now(), '%H:%M:%S.%3 %h')", "10:30:00.000 10"),
        ("format-date('nonsense', '%Y')", ""),
        ("format-date(today() + 1, '%Y-%m-%d')", "2026-07-02"),
        ("format-date-time('09:05:00', '%H.%M')", "09.05"),
        ("today() > '2026-06-30'", "true"),
        ("now() > '2026-07-01'", "true"),
        ("'2026-07-01T10:00:00.000+02:00' < '2026-07-01T10:00:00.001+02:00'", "true"),
        ("'10:00' < '11:30:00.000+02:00'", "true"),
        ("number('2026-07-01T18:00:00.000+02:00') = number('2026-07-01')", "true"),
        ("date(9999999999)", ""),
        ("date-time(1 div 0)", ""),
    ],
)
def test_dates_and_times(source: str, expected: str) -> None:
    assert worked_out(source) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("round('14,6')", "15"),
        ("round(-1.5)", "-1"),
        ("round(2.345, 2)", "2.35"),
        ("round(12345.12345, -1)", "12350"),
        ("round(1, 99)", "NaN"),
        ("6.1 - 7.8 = -1.7", "true"),
        ("1 div 0 = 1 div 0", "true"),
        ("3000000000", "3000000000"),
        ("0.1 + 0.2", "0.30000000000000004"),
        ("1 div 3000000", "0.00000033333333333333335"),
        ("0 div 0", "NaN"),
        ("-5 mod 3", "-2"),
        ("1 div -0", "-Infinity"),
        ("log(0)", "-Infinity"),
        ("log(-1)", "NaN"),
        ("exp(1000)", "Infinity"),
        ("pow(-8, 1 div 3)", "NaN"),
        ("pow(0, -1)", "Infinity"),
        ("pow(10, 999)", "Infinity"),
        ("floor(1 div 0)", "Infinity"),
        ("sin(1 div 0)", "NaN"),
        ("int(-2.9)", "-2"),
        ("selected('a b', '')", "false"),
        ("selected('', '')", "true"),
        ("selected('a  b', 'b')", "true"),
        ("selected-at('a b c', 1.9)", "b"),
        ("coalesce('', '', 'c')", "c"),
        ("coalesce('', 0 div 0)", "NaN"),
        ("substr('abcdef', -3, -1)", "de"),
        ("substring('12345', 1.5, 2.6)", "234"),
        ("normalize-space(' a \t b ')", "a b"),
        ("translate('2026/07', '/', '-')", "2026-07"),
        ("digest('', 'MD5', 'hex')", "d41d8cd98f00b204e9800998ecf8427e"),
        ("digest('x', 'CRC')", ""),
        ("base64-decode('w6nDqMOx')", "éèñ"),
        ("base64-decode('!')", ""),
        ("boolean-from-string('True')", "false"),
        ("jr:choice-name(${age}, '${age}')", "age:44"),
        ("choice-label(${age}, ${age})", "age:44"),
        ("label(${age})", "age:44"),
        ("number(true()) + number('x')", "NaN"),
        ("version()", "7"),
        ("once(random())", "0.25"),
        ("area('0 0 0 0;0 1 0 0;1 1 0 0;1 0 0 0;0 0 0 0') > 12000000000", "true"),
        ("area('0 0')", "NaN"),
        ("area('0 0;1 1')", "0"),
        ("area('nowhere at all')", "NaN"),
        ("distance('0 0 0 0;0 1 0 0')", "111318.85"),
        ("round(distance-between('0 0 0 0', '0 1 0 0'))", "111319"),
        ("geofence('0.5 0.5', '0 0;0 1;1 1;1 0;0 0')", "true"),
        ("geofence('2 0.5', '0 0;0 1;1 1;1 0;0 0')", "false"),
        ("geofence('', '0 0;0 1;1 1;1 0;0 0')", "false"),
        ("short-geopoint('48.123456 10.9 0 0')", "48.12346 10.90000"),
        ("hash('a') = hash('a') and hash('a') != hash('b')", "true"),
        ("string-length()", "3"),
        ("normalize-space()", "x y"),
    ],
)
def test_numbers_texts_and_places(source: str, expected: str) -> None:
    assert worked_out(source, current="x y") == expected


@pytest.mark.parametrize(
    ("shape", "area", "distance"),
    [
        (SHAPE, 2333220.77, 5724.36),
        (TRACE, 151451.76, 1800.69),
        ("0 0;0 90", 0.0, 10018696.05),
        ("90 0;90 1", 0.0, 0.0),
        ("5000 5000; 5000 5000", math.nan, math.nan),
        ("a", math.nan, math.nan),
        ("", math.nan, math.nan),
    ],
)
def test_areas_and_distances_are_those_of_other_engines(shape: str, area: float, distance: float) -> None:
    """The places that Enketo and ODK Web Forms test theirs with."""
    found = [compile_expression(f"{name}('{shape}')").number(Interview()) for name in ("area", "distance")]
    assert found == pytest.approx([area, distance], abs=0.001, nan_ok=True)


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("rank-value-if(1, ${age}, ${age} > 3)", "rank-index-if"),
        ("jr:itext('a')", "translations"),
        ("lower-case('A')", "lower("),
        ("selceted(., 'a')", "selected"),
    ],
)
def test_what_is_left_out_says_what_to_write_instead(source: str, says: str) -> None:
    with pytest.raises(ExpressionProblem) as caught:
        compile_expression(source)
    assert caught.value.code == "unknown_function"
    assert source.partition("(")[0] in caught.value.what
    assert says in caught.value.do


@pytest.mark.parametrize(
    "source",
    [
        "//a",
        "../*",
        "${a} | ${b}",
        "${a}[2]",
        "${a}[b = current()/../c]/d",
        "${a}[.]",
        "a/b",
        "@id",
        "self::node()",
        "text()",
        "..",
        "/",
        "$x",
        "a::b",
    ],
)
def test_other_paths_lie_outside(source: str) -> None:
    with pytest.raises(ExpressionProblem) as caught:
        compile_expression(source)
    assert caught.value.code == "outside"
    assert caught.value.do


@pytest.mark.parametrize(
    ("source", "reference"),
    [
        ("../age", "age"), ("./age", "age"), ("current()/../age", "age"), ("current()/age", "age"),
        ("../../age", "age"), ("../group/age", "age"), ("/data/group/age", "age"), ("${ age }", "age"),
        ("jr:choice-name('1', '${age}')", "age"), ("jr:choice-name('1', '/data/age')", "age"),
    ],
)  # fmt: skip
def test_paths_to_a_question_are_references(source: str, reference: str) -> None:
    assert compile_expression(source).references == (reference,)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("‘a’ = 'a'", "true"),
        ("concat('“', ${age}, '”')", "“44”"),
        ("“don't” = \"don't\"", "true"),
        ("${age} – 4", "40"),
        ("if(${age} = 44, 'yes’, 'no')", "yes"),
        ("1mod1", "0"),
        ("1 and1", "true"),
        ("6 div-2", "-3"),
        ("${age}\u00a0+ 1", "45"),
    ],
)
def test_what_word_processors_do_is_taken_as_meant(source: str, expected: str) -> None:
    assert worked_out(source) == expected


VALUES = st.one_of(
    st.text(max_size=12).map(lambda text: "'" + text.replace("'", "") + "'"),
    st.floats(allow_nan=False, allow_infinity=False, width=32).map(lambda number: format(number, "f")),
    st.sampled_from(["${age}", "${news}", "${member_age}", "today()", "now()", "1 div 0", "0 div 0", "true()", "."]),
)


@given(st.data(), st.sampled_from(sorted(LIBRARY)))
@settings(max_examples=300, deadline=None)
def test_no_function_ever_raises(data: st.DataObject, name: str) -> None:
    found = LIBRARY[name]
    most = found.least + 2 if found.most is None else found.most
    arguments = data.draw(st.lists(VALUES, min_size=found.least, max_size=most))
    if found.asks:
        arguments[0] = "${member_age}"
    expression = compile_expression(f"{name}({', '.join(arguments)})")
    assert isinstance(expression.text(Interview("x")), str)
    assert isinstance(expression.boolean(Interview()), bool)
    assert isinstance(expression.number(Interview()), float)
