"""The script read aloud before an interview, in the language of the person called, not of the program."""

from __future__ import annotations

from cati.fieldwork.delivered import DeliveredCase
from cati.fieldwork.open_study import OpenStudy
from cati.fieldwork.placing import name_of

# What the ADM guideline asks for: who calls, for whom, what about, voluntary, anonymous, erased, a number to check.
SCRIPTS = {
    "de": (
        "Guten Tag, mein Name ist {interviewer}, {institute}. Spreche ich mit {person}?",
        (
            "Ich rufe zu einer Befragung an; Auftraggeber ist: {client}. Es geht um Ihren Kontakt mit: {department}. "
            "Sie haben zugestimmt, dass wir Sie dazu befragen dürfen."
        ),
        "Wir möchten wissen, {purpose}. Das Gespräch dauert etwa {minutes} Minuten.",
        (
            "Die Teilnahme ist freiwillig, und Sie können jede Frage überspringen. "
            "Ihr Name und Ihre Telefonnummer werden von den Antworten getrennt und nach der Befragung gelöscht; "
            "veröffentlicht werden nur Durchschnitte. Bis heute Abend können Sie Ihre Antworten noch löschen lassen, "
            "danach sind sie niemandem mehr zuzuordnen."
        ),
        "Wenn Sie sich vergewissern möchten, wer anruft: Sie erreichen uns unter {number}. Passt es Ihnen jetzt?",
    ),
    "en": (
        "Good day, my name is {interviewer} from {institute}. Am I speaking to {person}?",
        (
            "I am calling on behalf of {client}, about your contact with: {department}. "
            "You agreed that we may ask you about it."
        ),
        "We would like to know {purpose}. The interview takes about {minutes} minutes.",
        (
            "Taking part is voluntary, and you may skip any question. "
            "Your name and telephone number are kept apart from the answers and erased after the survey; "
            "only averages are published. Until this evening you can still have your answers deleted, "
            "after that nobody can tell which are yours."
        ),
        "If you would like to check who is calling, you can reach us at {number}. Is this a good moment?",
    ),
}
PURPOSES = {"de": "wie zufrieden Sie mit dem Amt sind", "en": "how content you are with the office"}
"""What is said where a study's own purpose is in another language, or it has none."""


def introduction(study: OpenStudy, delivered: DeliveredCase) -> str:
    """Return the script to read aloud, filled, in the case's language (else the study's first that has one)."""
    wanted = (delivered.language, *study.settings.languages, "en")
    language = next(code for code in (code[:2].lower() for code in wanted) if code in SCRIPTS)
    own_words = study.settings.purpose if language == study.settings.languages[0][:2].lower() else ""
    parts = {
        "interviewer": study.me.name,
        "institute": study.settings.institute,
        "client": study.settings.client,
        "person": " ".join(p for p in (_address(delivered, language), name_of(delivered.contact)) if p),
        "department": f"{delivered.site.name}, {delivered.department.name}",
        "purpose": own_words or PURPOSES[language],
        "minutes": study.settings.expected_minutes,
        "number": study.settings.callback_number,
    }
    return "\n\n".join(paragraph.format(**parts) for paragraph in SCRIPTS[language])


def _address(delivered: DeliveredCase, language: str) -> str:
    """Return the form of address as it is said in the middle of a sentence."""
    address = delivered.contact.form_of_address
    return {"Herr": "Herrn"}.get(address, address) if language == "de" else address
