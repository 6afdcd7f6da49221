"""What others change while a window is open: noticed by one small look a second, taken over between two cases."""

from __future__ import annotations

from dataclasses import dataclass, replace

from cati.fieldwork.open_study import OpenStudy, Role, reads_every_contact
from cati.fieldwork.placing import replan
from cati.fieldwork.staffing import member_of
from cati.settings import settings_from_json
from cati.store import studies, watching
from cati.store.connecting import Refused
from cati.store.database import NoLongerHere
from cati.store.timelines import MOST_MARKED
from cati.store.watching import Marks
from cati.survey.questionnaire import questionnaire_from_json

__all__ = ["Marks", "Seen", "glance", "look", "plan_anew", "renewed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a look found.

    ``study``: with what others changed of it, the very same when nothing was; None when whoever is signed in has left,
    or the contacts were erased. ``own``: the own figures or appointments moved; ``figures``: these or anybody's.
    """

    marks: Marks | None
    study: OpenStudy | None
    own: bool = False
    figures: bool = False


def glance(study: OpenStudy, before: Marks | None) -> Seen:
    """Look once, and read anew what was changed since ``before`` (the first time: compare everything)."""
    try:
        marks = look(study)
        if before is None:
            return Seen(marks=marks, study=renewed(study))
        same = (before.rules, before.member) == (marks.rules, marks.member)
        own = before.own != marks.own
        return Seen(
            marks=marks,
            study=study if same else renewed(study),
            own=own,
            figures=own or before.all_acts != marks.all_acts,
        )
    except (Refused, NoLongerHere):  # let go: neither the server nor the study knows them any more
        return Seen(marks=None, study=None)


def look(study: OpenStudy) -> Marks:
    """Return what to compare: own rows alone, and for supervisors whether anybody did anything."""
    return watching.marks(study.database, study.me.id, of_all=study.me.role is not Role.INTERVIEWER)


def plan_anew(study: OpenStudy) -> bool:
    """Work out some of the cases whose times ran out, where interviewers may not; tells whether there may be more.

    For the windows of supervisors and research leads on a server, now and then, in the background: one transaction,
    one line in the log. Elsewhere whoever takes a case does it.
    """
    if not study.database.shared or study.me.role is Role.INTERVIEWER or study.keys is None:
        return False
    return replan(study, MOST_MARKED) == MOST_MARKED


def renewed(study: OpenStudy) -> OpenStudy | None:
    """Return the study with settings, questionnaire and member as they are now: itself when nothing changed.

    None when whoever is signed in has left, or the contacts were erased: then the window must close the study.
    """
    with study.reading() as transaction:
        row = studies.the_study(transaction)
        member = studies.member_by_login(transaction, study.me.login)
        same = row is not None and row.questionnaire == study.questionnaire.content_hash
        model = None if row is None or same else studies.questionnaire_model(transaction, row.questionnaire)
    if row is None or member is None or not member.active or member.id != study.me.id:
        return None
    if row.erased_at is not None and study.keys is not None:
        return None
    settings, me = settings_from_json(row.settings), member_of(member)
    questionnaire = study.questionnaire if model is None else questionnaire_from_json(model)
    if same and settings == study.settings and me == study.me:
        return study
    study.database.reads_every_contact = reads_every_contact(study.database, me.role)
    return replace(study, settings=settings, questionnaire=questionnaire, me=me)
