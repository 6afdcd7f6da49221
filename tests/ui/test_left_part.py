"""The staff page tells a research lead what lies on this workstation unsaved, and removes what nobody can save."""

from __future__ import annotations

from typing import Any

from cati import places
from cati.fieldwork import staffing
from cati.fieldwork.members import deactivate
from cati.fieldwork.spool import Spool, files_of
from cati.ui.left_part import LeftPart


def test_what_is_lost_is_removed_by_a_button_pressed_twice(qtbot: Any, ready: Any) -> None:
    study = ready.sign_in("lead")
    anna = next(one for one in staffing.staff(study) if one.login == "anna")
    part = LeftPart(study)
    qtbot.addWidget(part)
    part.refresh()
    assert part.isHidden(), "nothing lies here"
    spool = Spool(places.spools(), study.study_id, anna.id, study.open_keys.drafts)
    for act in (b"one", b"two"):
        spool.append(act)
    spool.close()
    part.refresh()
    assert f"2 entries of {anna.name}" in part.words.text()
    assert "must sign in here" in part.words.text()
    assert part.remove.isHidden()
    deactivate(study, anna.id)
    part.refresh()
    assert "are lost" in part.words.text()
    part.remove.click()
    assert files_of(places.spools(), study.study_id), "asked once more"
    part.remove.click()
    assert files_of(places.spools(), study.study_id) == ()
    assert part.isHidden()
