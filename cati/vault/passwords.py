"""Which passwords are refused: short ones, and those that everybody tries first, in German and English."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from cati.text import tr, trn

SHORTEST = 12
LONGEST = 1000
_FEWEST_DIFFERENT = 5
_REST_THAT_COUNTS = 6
_NAME_THAT_COUNTS = 3

# Bad passwords are these words with digits, signs and each other around them; what is left over has to be a password.
_WORDS = """
passwort passwd password kennwort losungswort parole geheimwort geheim secret zugang anmeldung login
admin administrator root test tester gast guest user benutzer default standard master server
computer internet windows office hallo hello willkommen welcome guten morgen tag abend schatz liebe
liebling ichliebedich iloveyou love prinzessin princess engel sonnenschein sunshine sonne blume
schmetterling katze hund tiger drachen dragon monkey affe adler baseball football fussball fusball
bundesliga bayern muenchen munchen schalke dortmund borussia werder hamburg berlin koeln koln
frankfurt stuttgart leipzig dresden deutschland germany sachsen anhalt thueringen thuringen
fruehling fruhling sommer herbst winter spring summer autumn januar februar maerz marz april juni
juli august september oktober november dezember january february march june july october december
montag dienstag mittwoch donnerstag freitag samstag sonnabend sonntag monday tuesday wednesday
thursday friday saturday sunday superman batman starwars pokemon michael jessica thomas andreas
stefan sabine daniel alexander letmein trustno changeme aendern andern bitte please qwertz qwerty
asdfgh yxcvbn zxcvbn qazwsx qwertzuiop qwertyuiop asdfghjkl yxcvbnm zxcvbnm abcdef abcdefg abcdefgh
abcdefghijkl abc xyz umfrage befragung survey cati telefon telefonat interview interviewer landkreis
landratsamt kreis institut institute studie study meister firma arbeit buero buro mustermann
correcthorsebatterystaple
"""
_TRIED_FIRST = sorted(set(_WORDS.split()), key=len, reverse=True)
_ROWS = ("01234567890", "09876543210", "abcdefghijklmnopqrstuvwxyz", "zyxwvutsrqponmlkjihgfedcba")
_READ_AS = str.maketrans("013457@$!|€", "oieastasiie")
_FOLDED = str.maketrans({"ß": "ss"})


def password_faults(password: str, login: str, names: Sequence[str]) -> list[str]:
    """Return what is wrong with a password, one sentence each; an empty list when nothing is.

    ``names`` are what colleagues would try: the person's names, the study's, the client's.
    """
    faults: list[str] = []
    plain = unicodedata.normalize("NFKC", password)
    short = len(plain) < SHORTEST
    if short:
        faults.append(
            trn(
                "The password is too short: it has {n} character, and at least 12 are needed.",
                "The password is too short: it has {n} characters, and at least 12 are needed.",
                len(plain),
            )
        )
    if len(plain) > LONGEST:
        faults.append(tr("The password is longer than 1,000 characters."))
    own = [part for text in (login, *names) for part in _fold(text).split() if len(part) >= _NAME_THAT_COUNTS]
    folded = _fold(plain)
    if any(part in folded or part in folded.translate(_READ_AS) for part in own):
        faults.append(tr("The password contains the person’s name, the sign-in name or a name of the study."))
    # What is short is told so alone: "kurz" has four different characters, but that is not what is wrong with it.
    if not short and (len(set(plain)) < _FEWEST_DIFFERENT or _repeats(folded)):
        faults.append(tr("The password is a few characters again and again."))
    elif not faults and (
        _left_over(folded) < _REST_THAT_COUNTS or _left_over(folded.translate(_READ_AS)) < _REST_THAT_COUNTS
    ):
        faults.append(tr("The password is made of words and rows of keys that everybody tries first."))
    return faults


def _fold(text: str) -> str:
    """Return the text in lower case without accents."""
    bare = unicodedata.normalize("NFD", text.casefold().translate(_FOLDED))
    return "".join(character for character in bare if not unicodedata.combining(character))


def _repeats(text: str) -> bool:
    """Tell whether the text is one short piece again and again."""
    return any(text == (text[:size] * len(text))[: len(text)] for size in range(1, len(text) // 3 + 1))


def _left_over(folded: str) -> int:
    """Count what remains without well-known words, rows of the keyboard, digits in rows and signs."""
    for word in _TRIED_FIRST:
        folded = folded.replace(word, " ")
    for row in _ROWS:
        for size in range(len(row), 2, -1):
            for at in range(len(row) - size + 1):
                folded = folded.replace(row[at : at + size], " ")
    # A year or a run of equal characters is no secret either: letters and digits count once each in a row.
    kept = [
        character for at, character in enumerate(folded) if character.isalnum() and folded[at - 1 : at] != character
    ]
    digits = sum(character.isdigit() for character in kept)
    return len(kept) - min(digits, 4)
