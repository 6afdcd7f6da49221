"""All that is said about a form beyond what keeps it from being read: traps, slips and what changes nothing."""

from __future__ import annotations

from cati.survey.form_lint_blocks import check_blocks
from cati.survey.form_lint_cells import check_cells
from cati.survey.form_lint_lists import check_lists
from cati.survey.form_lint_literals import check_literals
from cati.survey.form_lint_reach import check_reach
from cati.survey.form_lint_references import check_references
from cati.survey.form_lint_silence import check_silence
from cati.survey.form_lint_values import check_values
from cati.survey.form_lint_wording import check_wording
from cati.survey.form_scene import Scene


def check_form(scene: Scene) -> None:
    """Note everything that the author of a form should look at."""
    check_references(scene)
    told = check_values(scene)
    reach = check_reach(scene, told)
    check_silence(scene, reach)
    check_literals(scene)
    check_wording(scene)
    check_blocks(scene)
    check_lists(scene)
    check_cells(scene)
