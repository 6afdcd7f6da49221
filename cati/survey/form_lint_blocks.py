"""Groups, rosters and grids that hold nothing, have no name to show, or mix what does not fit together."""

from __future__ import annotations

from cati.survey.form_rows import SURVEY
from cati.survey.form_scene import Scene
from cati.survey.questionnaire import ASKED, SUBSTANTIVE, Kind
from cati.text import tr

_ON_A_GRID = frozenset({Kind.SINGLE, Kind.MULTIPLE, Kind.NOTE, Kind.CALCULATE, Kind.HIDDEN, Kind.NOT_ASKED})


def check_blocks(scene: Scene) -> None:
    """Note what is odd about groups, rosters, grids, ends and quotas."""
    inside: list[list[int]] = [[] for _group in scene.questionnaire.groups]
    for at, around in enumerate(scene.groups_of):
        for group in around:
            inside[group].append(at)
    _check_contents(scene, inside)
    _check_sections(scene, inside)
    _check_grids(scene, inside)
    _check_quotas(scene)


def _check_contents(scene: Scene, inside: list[list[int]]) -> None:
    items = scene.questionnaire.items
    disabled = bool(scene.left_out - {""})
    for at, group in enumerate(scene.questionnaire.groups):
        place = (SURVEY, scene.group_rows[at], "type")
        kinds = {items[n].kind for n in inside[at]}
        if group.repeat and not kinds & (ASKED | {Kind.NOT_ASKED}) and not group.repeat_count:
            scene.findings.warning(
                "empty_repeat",
                place,
                tr("No question stands in the repeat {name}.", name=group.name),
                tr("Put the questions between begin_repeat and end_repeat, or remove both rows."),
            )
        elif not kinds and not group.repeat and not disabled:
            scene.findings.warning(
                "empty_group",
                place,
                tr("The group {name} is empty.", name=group.name),
                tr("Remove its begin and end rows, or put its questions between them."),
            )


def _check_sections(scene: Scene, inside: list[list[int]]) -> None:
    """Note groups that would be sections if they had a label, in a form that has sections."""
    groups = scene.questionnaire.groups
    if not any(group.section for group in groups):
        return
    for at, group in enumerate(groups):
        asks = any(scene.questionnaire.items[n].kind in SUBSTANTIVE for n in inside[at])
        if group.parent is None and not group.label and not group.grid and not group.shared and asks:
            scene.findings.note(
                "section_without_label",
                (SURVEY, scene.group_rows[at], "label"),
                tr(
                    "The group {name} has no label, so the overview shows no section of its own for it.",
                    name=group.name,
                ),
            )


def _check_grids(scene: Scene, inside: list[list[int]]) -> None:
    items = scene.questionnaire.items
    for at, group in enumerate(scene.questionnaire.groups):
        if not group.grid:
            continue
        rows = [items[n] for n in inside[at]]
        lists = [item.choices for item in rows if item.kind in (Kind.SINGLE, Kind.MULTIPLE)]
        for item in rows:
            place = (SURVEY, item.row, "type")
            if item.kind not in _ON_A_GRID:
                scene.findings.warning(
                    "not_for_a_grid",
                    place,
                    tr(
                        "{name} has no choices, so it does not fit into the grid {grid}.",
                        name=item.name,
                        grid=group.name,
                    ),
                    tr("Move the row out of the grid."),
                )
            elif item.choices and item.choices != lists[0]:
                scene.findings.warning(
                    "other_scale",
                    place,
                    tr("{name} is answered by the list {list}, the grid {grid} by {other}.", name=item.name,
                       list=item.choices, grid=group.name, other=lists[0]),
                    tr("Give all rows of a grid one list, or move this row out of it."),
                )  # fmt: skip


def _check_quotas(scene: Scene) -> None:
    """Note a quota point behind which nothing is asked."""
    items = scene.questionnaire.items
    last = max((at for at, item in enumerate(items) if item.kind in ASKED), default=-1)
    for item in items[last + 1 :]:
        if item.kind is Kind.QUOTA:
            scene.findings.warning(
                "idle_quota",
                (SURVEY, item.row, "type"),
                tr("Nothing is asked behind this quota point, so it comes too late."),
                tr("Move it behind the questions that decide about the quota."),
            )
