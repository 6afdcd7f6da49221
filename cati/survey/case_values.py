"""Which values a questionnaire expects a case to bring along: names it speaks of that no row of it has."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cati.survey.program import Program, program_of
from cati.survey.questionnaire import Kind, Questionnaire

_FILL = re.compile(r"\$\{\s*([^{}@]+?)\s*\}")


def case_values(questionnaire: Questionnaire) -> tuple[str, ...]:
    """Return the names in the order met; hidden rows that something looks at are filled by the case, too."""
    program = program_of(questionnaire)
    own = {*program.index, *program.roster_index, *program.beside, *(group.name for group in questionnaire.groups)}
    hidden = {item.name for item in questionnaire.items if item.kind is Kind.HIDDEN}
    met = dict.fromkeys((*_in_expressions(program), *_in_texts(questionnaire)))
    return tuple(name for name in met if name in hidden or name not in own)


def _in_expressions(program: Program) -> Iterator[str]:
    lists = (
        program.relevant, program.group_relevant, program.group_count, program.constraint, program.calculation,
        program.default, program.choice_filter, program.soft, program.required, program.seed,
    )  # fmt: skip
    for expressions in lists:
        for expression in expressions:
            if expression is not None:
                yield from expression.references


def _in_texts(questionnaire: Questionnaire) -> Iterator[str]:
    words = [text for item in questionnaire.items for text in (item.label, item.instruction)]
    words += [group.label for group in questionnaire.groups]
    words += [choice.label for choices in questionnaire.choice_lists.values() for choice in choices]
    for by_language in words:
        for text in by_language.values():
            if "${" in text:
                yield from _FILL.findall(text)
