"""Why something is or is not on the path of an interview, in the reader's words."""

from __future__ import annotations

from cati.survey.answers import Status
from cati.survey.outline import Outline
from cati.survey.outline_facts import choice_label, in_words, shortened
from cati.survey.questionnaire import ASKED, CHOOSING
from cati.survey.reasons import Reason, Why
from cati.text import mark, tr

_OPEN = {
    Status.DONT_KNOW.value: mark("don’t know"),
    Status.REFUSED.value: mark("prefers not to say"),
    Status.SKIPPED.value: mark("skipped"),
}
_PLAIN = {
    Why.ALWAYS: mark("always asked"),
    Why.NO_MEMBER: mark("its repeat has no member yet"),
    Why.ENDED: mark("the interview ends before it"),
    Why.NOT_ASKED: mark("not asked on the telephone"),
}
_MOST = 60
_MOST_LABELS = 8


def why_words(outline: Outline, reason: Reason, language: str) -> str:
    """Return why this is or is not on the path, labels of choices in ``language``; `path_words` tells which."""
    if reason.why is Why.ALWAYS and outline.questionnaire.items[reason.item].kind not in ASKED:
        return tr("always")
    if reason.why is not Why.CONDITION:
        return tr(_PLAIN[reason.why])
    words = in_words(outline, reason.condition, language)
    said = tr("since {condition}", condition=words) if reason.on_path else tr("only if {condition}", condition=words)
    if not reason.group:
        return said
    return said + " · " + tr("like all of “{group}”", group=_group_called(outline, reason.group, language))


def path_words(reason: Reason) -> str:
    """Return whether this is on the path."""
    return tr("on the path") if reason.on_path else tr("not on the path")


def value_words(outline: Outline, reason: Reason, language: str) -> str:
    """Return the value with its label where it has one, and how a question was left open; "" for nothing yet."""
    if reason.state in _OPEN:
        return tr(_OPEN[reason.state])
    item = outline.questionnaire.items[reason.item]
    if not reason.value or item.kind not in CHOOSING:
        return reason.value
    labels = [choice_label(outline, item.name, name, language) for name in reason.value.split()[:_MOST_LABELS]]
    said = shortened(", ".join(labels), _MOST)
    return reason.value if said == reason.value else f"{reason.value} · {said}"


def _group_called(outline: Outline, name: str, language: str) -> str:
    group = next((one for one in outline.questionnaire.groups if one.name == name), None)
    return shortened(outline.shown(group.label, language) or name, _MOST) if group is not None else name
