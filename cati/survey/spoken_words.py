"""The German and English words for days, parts of the day, months and numbers, as people say them."""

from __future__ import annotations

DAYS = {
    "mo": 0, "montag": 0, "mon": 0, "monday": 0, "di": 1, "dienstag": 1, "tue": 1, "tuesday": 1, "tu": 1,
    "mi": 2, "mittwoch": 2, "wed": 2, "wednesday": 2, "we": 2, "do": 3, "donnerstag": 3, "thu": 3, "thursday": 3,
    "th": 3, "fr": 4, "freitag": 4, "fri": 4, "friday": 4, "sa": 5, "samstag": 5, "sonnabend": 5, "sat": 5,
    "saturday": 5, "so": 6, "sonntag": 6, "sun": 6, "sunday": 6,
}  # fmt: skip
"""Names of days; a "nachm" or "abend" glued on ("montagabend") is split off before."""

PARTS = {
    "früh": (9, 12), "frueh": (9, 12), "vormittag": (9, 12), "vormittags": (9, 12), "vorm": (9, 12),
    "morgens": (9, 12), "morning": (9, 12), "mornings": (9, 12), "mittag": (12, 14), "mittags": (12, 14),
    "noon": (12, 14), "nachmittag": (14, 17), "nachmittags": (14, 17), "nachm": (14, 17), "afternoon": (13, 17),
    "afternoons": (13, 17), "abend": (17, 20), "abends": (17, 20), "evening": (17, 20), "evenings": (17, 20),
    "feierabend": (17, 20),
}  # fmt: skip
"""Parts of the day as [from, to) hours of wall time."""

MONTHS = {
    "januar": 1, "jan": 1, "january": 1, "februar": 2, "feb": 2, "february": 2, "märz": 3, "maerz": 3, "mrz": 3,
    "mar": 3, "march": 3, "april": 4, "apr": 4, "mai": 5, "may": 5, "juni": 6, "jun": 6, "june": 6, "juli": 7,
    "jul": 7, "july": 7, "august": 8, "aug": 8, "september": 9, "sep": 9, "sept": 9, "oktober": 10, "okt": 10,
    "october": 10, "oct": 10, "november": 11, "nov": 11, "dezember": 12, "dez": 12, "december": 12, "dec": 12,
}  # fmt: skip
NUMBERS = {
    "einer": 1, "einem": 1, "eine": 1, "ein": 1, "an": 1, "a": 1, "one": 1, "zwei": 2, "two": 2, "drei": 3, "three": 3,
    "vier": 4, "four": 4, "fünf": 5, "five": 5, "sechs": 6, "six": 6,
}  # fmt: skip
FILLERS = frozenset(
    {"um", "at", "uhr", "h", "o'clock", "am", "on", "the", "den", "der", "gegen", "about", "around", "ca", "bitte",
     "please", "wieder", "again", "im", "in", "gerne", "gern", "th", "st", "nd", "rd"}
)  # fmt: skip

NEGATIONS = frozenset({"nicht", "nie", "not", "never", "kein", "außer", "ausser", "except"})
ANY_TIME = frozenset({"immer", "jederzeit", "egal", "anytime", "any", "always", "beliebig"})
WEEKDAY_WORDS = frozenset({"werktags", "wochentags", "weekdays"})
WEEKEND_WORDS = frozenset({"wochenende", "wochenends", "weekend", "weekends"})
