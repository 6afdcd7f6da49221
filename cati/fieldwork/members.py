"""What a research lead changes about the staff of a running study: skills, lost passwords, and who leaves."""

from __future__ import annotations

from collections.abc import Sequence

from cati.errors import Problem
from cati.fieldwork import log
from cati.fieldwork.leases import end_lease_of
from cati.fieldwork.log import Act
from cati.fieldwork.open_study import Member, OpenStudy, Role
from cati.fieldwork.proving import SecondPerson, prove_password, prove_second
from cati.fieldwork.staffing import hand_on_certifying, member_of, member_row, my_certificate_of
from cati.store import staff, studies
from cati.store.database import Transaction
from cati.text import tr
from cati.vault.grants import certify
from cati.vault.people import STANDARD, ArgonCost, make_member
from cati.vault.seal_file import read_seal
from cati.vault.study_keys import hand_over

__all__ = ["SecondPerson", "deactivate", "reset_password", "set_skills"]


def set_skills(study: OpenStudy, member_id: str, languages: Sequence[str], *, converts: bool) -> Member:
    """Keep which of the study's languages a member speaks and whether they are given soft refusals; for research leads.

    An open window of theirs follows at its next sign-in.
    """
    study.require(Role.RESEARCH_LEAD)
    spoken = tuple(code for code in study.settings.languages if code in languages)
    if not spoken:
        raise Problem(tr("Languages"), tr("There is no language."), tr("Choose at least one."))
    with study.transaction() as transaction:
        row = _row(transaction, member_id)
        staff.set_skills(transaction, row.id, languages=" ".join(spoken), converts=converts)
        hand_on_certifying(study, transaction)
        log.note(study, transaction, Act.MEMBER_CHANGED, member=row.id, languages=list(spoken), converts=int(converts))
        return member_of(_row(transaction, member_id))


def reset_password(
    study: OpenStudy,
    member_id: str,
    new: str,
    *,
    own_password: str = "",
    second: SecondPerson | None = None,
    cost: ArgonCost = STANDARD,
) -> Member:
    """Let a member who lost their password in again with ``new``; for research leads. Takes seconds.

    Nobody can look at the old keys: the member gets new ones, certified by the lead, and everything granted anew. Who
    had left comes back by it. On a server their open windows are refused from then on. For another research lead it
    takes two: whoever is signed in proves their ``own_password``, and a ``second`` person theirs. Raises WrongPassword
    or a Problem.
    """
    study.require(Role.RESEARCH_LEAD)
    keys = study.open_keys
    if member_id == study.me.id:
        raise Problem(tr("Staff"), tr("This is you."), tr("Change your own password on the page “My password”."))
    with study.reading() as transaction:
        row = _row(transaction, member_id)
    lead = row.role == Role.RESEARCH_LEAD.value
    other = None
    if lead:
        if second is None:
            raise Problem(
                tr("Staff"),
                tr("The password of a research lead is reset by two people."),
                tr("Type your own password, and have a second person type theirs."),
            )
        prove_password(study, own_password)
        other = prove_second(study, second, besides=(study.me.id, member_id))
    seal = read_seal(study.seal_path)
    record, _keys = make_member(row.id, row.login, new, seal, reads_answers=lead, names=[row.name], cost=cost)
    certificate = certify(record, keys.certifier, may_grant=lead)
    with study.transaction() as transaction:
        handed = hand_over(keys, record, certificate, my_certificate_of(study, transaction), seal)
        made = member_row(member_of(row), record, handed)
        staff.replace_keys(transaction, _row(transaction, member_id), made)
        if row.active:
            study.database.logins.renew(transaction, row.login, new)
        else:
            study.database.logins.admit(transaction, row.login, row.role, new)
        hand_on_certifying(study, transaction)
        log.note(study, transaction, Act.RESET, member=row.id, second=other.id if other is not None else "")
    study.database.logins.end_sessions(row.login)
    return member_of(made)


def deactivate(study: OpenStudy, member_id: str) -> None:
    """Let a member leave: their keys open nothing any more, and the case in their hands is free again at once."""
    study.require(Role.RESEARCH_LEAD)
    with study.transaction() as transaction:
        rows = studies.members(transaction)
        leads = [row for row in rows if row.role == Role.RESEARCH_LEAD.value and row.active and row.id != member_id]
        others = [row for row in rows if row.active and row.id != member_id]
        if not leads or len(others) < 2:  # noqa: PLR2004 - the purge needs two people
            raise Problem(
                tr("Staff"),
                tr("A study needs a research lead and a second person until its contacts are erased."),
                tr("Add somebody else first."),
            )
        row = _row(transaction, member_id)
        end_lease_of(study, transaction, member_id)
        staff.deactivate(transaction, member_id)
        study.database.logins.dismiss(transaction, row.login)
        log.note(study, transaction, Act.MEMBER_LEFT, member=member_id)


def _row(transaction: Transaction, member_id: str) -> studies.MemberRow:
    found = next((row for row in studies.members(transaction) if row.id == member_id), None)
    if found is None:
        raise KeyError(member_id)
    return found
