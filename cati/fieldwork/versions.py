"""A new version of the questionnaire while the study runs: looked at first, then put in force."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from cati.errors import Problem
from cati.fieldwork import log
from cati.fieldwork.forms import check_form, unspoken
from cati.fieldwork.log import Act
from cati.fieldwork.open_answers import stored_events
from cati.fieldwork.open_study import OpenStudy, Role
from cati.store import contacts, drafts, studies
from cati.survey.diagnostics import Diagnostic
from cati.survey.program import AT
from cati.survey.questionnaire import Questionnaire, questionnaire_from_json
from cati.survey.versions import Difference, Lost, differences, lost_on
from cati.text import tr


@dataclass(frozen=True, slots=True)
class Proposed:
    """A version that could be put in force.

    ``open_interviews`` were broken off and wait to be resumed; ``lost`` counts, by question, in how many of them the
    answer does not map onto the new version and is asked again.
    """

    questionnaire: Questionnaire
    source: bytes
    name: str
    findings: tuple[Diagnostic, ...]
    differences: tuple[Difference, ...]
    open_interviews: int
    lost: Mapping[str, int]
    same: bool = False
    """Whether this is the version in force already."""


def propose_version(study: OpenStudy, path: Path) -> Proposed:
    """Read a form and say what putting it in force would change; raises the first Problem that keeps it from running.

    Replays every open interview on it: call in background.
    """
    study.require(Role.RESEARCH_LEAD)
    read = check_form(path)
    if read.questionnaire is None:
        first = read.diagnostics[0]
        raise Problem(
            path.name,
            first.what,
            tr("The questionnaire page shows every problem beside its row; mend the file and open it again."),
        )
    for problem in unspoken(read.questionnaire, study.settings.languages):
        raise problem
    lost: Counter[str] = Counter()
    with study.transaction() as transaction:
        cases = drafts.open_cases(transaction)
        if cases:
            contacts.announce(transaction, "questionnaire")
    for case_id in cases:
        lost.update({one.address.partition(AT)[0] for one in lost_in(study, case_id, read.questionnaire)})
    return Proposed(
        questionnaire=read.questionnaire,
        source=path.read_bytes() if path.is_file() else b"",
        name=path.name,
        findings=read.diagnostics,
        differences=differences(study.questionnaire, read.questionnaire),
        open_interviews=len(cases),
        lost=lost,
        same=read.questionnaire.content_hash == study.questionnaire.content_hash,
    )


def lost_in(study: OpenStudy, case_id: str, new: Questionnaire) -> tuple[Lost, ...]:
    """Return which answers of one open interview do not map from the version they were given on onto another."""
    with study.reading() as transaction:
        events = stored_events(study, transaction, case_id)
        given_on = events[0].questionnaire_hash if events else ""
        model = studies.questionnaire_model(transaction, given_on) if events else None
    if model is None or given_on == new.content_hash:
        return ()
    return lost_on(questionnaire_from_json(model), new, events)


def adopt_version(study: OpenStudy, proposed: Proposed) -> OpenStudy:
    """Put a version in force and return the study with it; the old one is kept for the answers given on it.

    Interviews under way on other workstations go on with the old version until their page is opened anew.
    """
    study.require(Role.RESEARCH_LEAD)
    new = proposed.questionnaire
    with study.transaction() as transaction:
        if studies.questionnaire_model(transaction, new.content_hash) is None:
            studies.add_questionnaire(
                transaction, content_hash=new.content_hash, model=new.to_json(), name=proposed.name,
                source=proposed.source, at=log.seconds(study.now()),
            )  # fmt: skip
        studies.set_questionnaire(transaction, new.content_hash)
        log.note(study, transaction, Act.QUESTIONNAIRE, version=new.version, hash=new.content_hash[:16])
    return replace(study, questionnaire=new)
