"""What others change while a window is open: noticed by one small look a second, taken over between two cases."""

from __future__ import annotations

from dataclasses import replace

from cati.fieldwork.open_study import OpenStudy, Role
from cati.fieldwork.staffing import member_of
from cati.settings import settings_from_json
from cati.store import studies, watching
from cati.store.watching import Marks
from cati.survey.questionnaire import questionnaire_from_json

__all__ = ["Marks", "figures_moved", "look", "renewed", "study_moved"]


def look(study: OpenStudy) -> Marks:
    """Look whether anything changed: own rows alone, and for supervisors whether anybody did anything."""
    with study.reading() as transaction:
        return watching.marks(transaction, study.me.id, of_all=study.me.role is not Role.INTERVIEWER)


def study_moved(before: Marks | None, after: Marks) -> bool:
    """Tell whether settings, questionnaire or one's own membership may have changed; always at the first look."""
    return before is None or (before.rules, before.member) != (after.rules, after.member)


def figures_moved(before: Marks | None, after: Marks) -> bool:
    """Tell whether what is counted may have changed, or own appointments; not at the first look."""
    return before is not None and (before.own, before.all_acts) != (after.own, after.all_acts)


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
    return replace(study, settings=settings, questionnaire=questionnaire, me=me)
