"""What other members left on this workstation in an outage: whose it is, who can still send it, and what is lost."""

from __future__ import annotations

from dataclasses import dataclass

from cati import places
from cati.errors import Problem
from cati.fieldwork.log import Act, note
from cati.fieldwork.open_study import OpenStudy, Role
from cati.fieldwork.spool import files_of, left_by, remove_of
from cati.fieldwork.staffing import staff
from cati.text import tr


@dataclass(frozen=True, slots=True)
class Left:
    """So many acts of a member wait here. ``active``: they can sign in at this workstation, which sends them."""

    member_id: str
    name: str
    acts: int
    active: bool


def left_behind(study: OpenStudy) -> tuple[Left, ...]:
    """Return what others than the member signed in have left here, by name; what a living window has is not left."""
    folder = places.spools()
    if study.keys is None or not files_of(folder, study.study_id):
        return ()
    members = {member.id: member for member in staff(study) if member.id != study.me.id}
    found = left_by(folder, study.study_id, _keys(study), members)
    left = (Left(one, members[one].name, acts, members[one].active) for one, acts in found.items() if acts)
    return tuple(sorted(left, key=lambda one: (one.name, one.member_id)))


def remove_left(study: OpenStudy, member_id: str) -> int:
    """Delete what somebody left here who was let go, and log how many acts were lost by it; for research leads.

    Whoever was let in again (`members.reset_password`) could still send it. Raises a Problem for whoever can sign in.
    """
    study.require(Role.RESEARCH_LEAD)
    left = next((one for one in left_behind(study) if one.member_id == member_id), None)
    if left is None:
        return 0
    if left.active:
        raise Problem(
            left.name,
            tr("This member of staff can still have it saved."),
            tr("Let them sign in at this workstation."),
        )
    with study.transaction() as transaction:
        note(study, transaction, Act.ACTS_LOST, member=member_id, acts=left.acts, reason="left")
    remove_of(places.spools(), study.study_id, _keys(study), member_id)
    return left.acts


def _keys(study: OpenStudy) -> tuple[bytes, ...]:
    """Return the drafts' key, and those of before it was renewed."""
    return tuple(dict.fromkeys((study.open_keys.drafts, *study.open_keys.former_drafts)))
