"""The classic trap: “is not” and not(selected()) also hold for a question that has no answer."""

from __future__ import annotations

from cati.survey.conditions import CURRENT, alternatives
from cati.survey.form_lint_reach import Reach
from cati.survey.form_lint_references import minds_emptiness
from cati.survey.form_scene import Scene, Written
from cati.text import tr

_DECIDES = frozenset({"relevant", "required"})


def check_silence(scene: Scene, reach: Reach) -> None:
    """Note conditions that hold because nothing was answered, a cell once with all its questions."""
    for written in scene.written:
        if written.column in _DECIDES:
            names = _trapped(scene, written, reach)
            if names:
                what = tr("This also holds without an answer to {names}: don’t know, refused, skipped or not asked.",
                          names=", ".join(names))  # fmt: skip
                do = tr("Add “and answered(${{{name}}})”, or “or not(answered(${{{name}}}))” if it is meant so.",
                        name=names[0])  # fmt: skip
                scene.findings.warning("true_when_empty", written.place, what, do)


def _trapped(scene: Scene, written: Written, reach: Reach) -> list[str]:
    node = written.expression.node
    found: dict[str, None] = {}
    around = scene.groups_around(written)
    outer = reach.groups[around[-1]] if around else ((),)
    for case in alternatives(node):
        if not reach.possible(case):
            continue
        by_name: dict[str, list[bool]] = {}
        denies = set()
        for demand in case:
            by_name.setdefault(demand.name, []).append(demand.empty())
            if any(value.strip() for value in demand.values):
                denies.add(demand.name)
        for name in denies:
            if name != CURRENT and all(by_name[name]) and _may_be_silent(scene, name, outer):
                found[name] = None
    return [name for name in found if not minds_emptiness(node, name)]


def _may_be_silent(scene: Scene, name: str, outer: tuple[tuple[object, ...], ...]) -> bool:
    """Tell whether a question may have no answer here: the groups around do not ask for one."""
    if not scene.answered_by_someone(name):
        return False
    return any(all(one.empty() for one in case if one.name == name) for case in outer)  # type: ignore[attr-defined]
