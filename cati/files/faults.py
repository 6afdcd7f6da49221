"""What can be wrong with a row of a list: a code for counts, a reason and a remedy for people."""

from __future__ import annotations

from dataclasses import dataclass

from cati.text import mark


@dataclass(frozen=True, slots=True)
class Fault:
    """Why something of a row is not taken; ``reason`` and ``remedy`` are English marks for `cati.text.tr`.

    ``general`` is the reason as it holds for many rows at once, where ``reason`` names another row.
    """

    code: str
    reason: str
    remedy: str
    general: str = ""


_COMPARE = mark("Compare the row with its headers and correct it.")
_CONSENT_FORM = mark("Look at the consent form and fill it in.")

FAULTS = {
    fault.code: fault
    for fault in (
        Fault(
            "ragged", mark("The row has more or fewer cells than there are headers; cells may have shifted."), _COMPARE
        ),
        Fault(
            "cell_outside", mark("A cell is filled in a column that has no header; cells may have shifted."), _COMPARE
        ),
        Fault("nul", mark("The row holds a sign that no text has (NUL)."), mark("Type the row anew.")),
        Fault(
            "cell_too_long",
            mark("A cell is far longer than a name, number or date; perhaps a quotation mark is not closed."),
            mark("Shorten the cell; remarks do not belong into the list."),
        ),
        Fault(
            "formula",
            mark("A cell holds a formula; its value may differ from what the office saw."),
            mark("Copy the cells and insert them as values."),
        ),
        Fault("site_missing", mark("The site is missing."), mark("Fill in the county or centre.")),
        Fault(
            "site_unknown", mark("The study has no such site."), mark("Write the site’s name or code as in the study.")
        ),
        Fault("department_missing", mark("The department is missing."), mark("Fill in the department.")),
        Fault(
            "department_unknown",
            mark("The site has no such department in this study."),
            mark("Write the department’s name or code as in the study."),
        ),
        Fault(
            "language_unknown",
            mark("The study does not interview in this language."),
            mark("Leave the cell empty if the person also speaks the study’s first language."),
        ),
        Fault("consent_missing", mark("There is no word on whether the person consented."), _CONSENT_FORM),
        Fault(
            "consent_refused",
            mark("The person did not consent."),
            mark("Leave this person out; nothing else is to do."),
        ),
        Fault("consent_unclear", mark("Whether the person consented cannot be told."), mark("Write yes or no.")),
        Fault(
            "consent_contradicted",
            mark("Row {other} says for the same number that the person did not consent."),
            mark("Ask the office which is right; until then nobody is called."),
            mark("Another row says for the same number that the person did not consent."),
        ),
        Fault("consent_date_missing", mark("The date of the consent is missing."), _CONSENT_FORM),
        Fault("consent_in_future", mark("The consent is dated in the future."), mark("Correct the date.")),
        Fault("consent_channel_missing", mark("How the consent was given is missing."), _CONSENT_FORM),
        Fault("consent_by_missing", mark("Who recorded the consent is missing."), _CONSENT_FORM),
        Fault("consent_version_missing", mark("Which wording the person agreed to is missing."), _CONSENT_FORM),
        Fault(
            "consent_version_unknown",
            mark("The study knows no consent wording of this version."),
            mark("Write the version as printed on the consent form."),
        ),
        Fault(
            "last_contact_missing",
            mark("The date of the last contact with the office is missing."),
            mark("Fill it in."),
        ),
        Fault(
            "last_contact_in_future",
            mark("The last contact with the office is dated in the future."),
            mark("Correct the date."),
        ),
        Fault(
            "not_eligible",
            mark("The last contact with the office lies outside {first} to {last}."),
            mark("Leave this person out, or correct the date if it is wrong."),
        ),
        Fault(
            "duplicate_in_file",
            mark("Row {other} has the same telephone number; nobody is called for two people or twice."),
            mark("Keep one of the two rows, or give each person a number of their own."),
            mark("An earlier row has the same telephone number; nobody is called for two people or twice."),
        ),
        Fault("text_too_long", mark("The text is longer than this field can be."), mark("Shorten it.")),
        # notes on accepted rows
        Fault("phone_dropped", mark("One of several numbers could not be used and was left out."), ""),
        Fault("phone_cleaned", mark("Signs that cannot be seen or unusual digits were made plain in a number."), ""),
        Fault("name_cleaned", mark("Signs that cannot be seen were taken out of a name."), ""),
        Fault("preference_unread", mark("The preferred calling time was not understood and was left out."), ""),
        Fault(
            "preference_never",
            mark("The preferred calling time lies outside all hours at which calls are allowed and was left out."),
            "",
        ),
    )
}
