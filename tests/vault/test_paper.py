"""The paper copy of the seal can be typed by a person, and every slip of the finger is found."""

from __future__ import annotations

import itertools

import pytest

from cati.errors import Problem
from cati.vault.paper import ALPHABET, paper_copy, seal_from_paper
from cati.vault.seal_file import Seal, new_seal, pin

STUDY = "0123456789abcdef" * 2
SEAL = Seal(bytes(range(32)), "00112233445566778899aabbccddeeff", "ffeeddccbbaa99887766554433221100")


def test_paper_restores_the_seal():
    for number in range(40):
        seal = pin(new_seal(STUDY), bytes([number]) * 32)
        lines = paper_copy(seal)
        assert len(lines) == 14
        assert seal_from_paper("\n".join(lines)) == seal


def test_case_spaces_numbers_and_look_alikes_do_not_matter():
    lines = paper_copy(SEAL)
    bare = ["".join(line.split()[1:]) for line in lines]
    for text in (
        "\n".join(lines).lower(),
        "\r\n".join(bare),
        "\n\n".join(f"  {line} " for line in lines),
        "\n".join("-".join(line.split()[1:]) for line in lines),
        "\n".join(line.replace("0", "O").replace("1", "l") for line in bare),
    ):
        assert seal_from_paper(text) == SEAL


def test_every_single_wrong_character_is_found_and_its_line_named():
    lines = paper_copy(SEAL)
    for number, line in enumerate(lines):
        for at in (at for at in range(3, len(line)) if line[at] != " "):
            for wrong in ALPHABET:
                if wrong == line[at]:
                    continue
                typed = [*lines]
                typed[number] = line[:at] + wrong + line[at + 1 :]
                with pytest.raises(Problem, match=f"Line {number + 1} "):
                    seal_from_paper("\n".join(typed))


def test_every_pair_of_exchanged_characters_is_found():
    lines = paper_copy(SEAL)
    for number, line in enumerate("".join(line.split()[1:]) for line in lines):
        for one, two in itertools.combinations(range(10), 2):
            if line[one] == line[two]:
                continue
            changed = list(line)
            changed[one], changed[two] = changed[two], changed[one]
            typed = [*lines[:number], "".join(changed), *lines[number + 1 :]]
            with pytest.raises(Problem, match=f"Line {number + 1} "):
                seal_from_paper("\n".join(typed))


def test_exchanged_missing_and_foreign_lines_are_found():
    lines, other = paper_copy(SEAL), paper_copy(pin(new_seal(STUDY), b"x"))
    bare = ["".join(line.split()[1:]) for line in lines]
    wrong = [
        [bare[1], bare[0], *bare[2:]],
        lines[:-1],
        lines[1:],
        [*lines, lines[-1]],
        [other[0], *lines[1:]],
        [*lines[:5], other[5], *lines[6:]],
        [],
        ["01 ABCD EFGH"],
        ["01 ÄBCD EFGH KM"],
    ]
    for typed in wrong:
        with pytest.raises(Problem):
            seal_from_paper("\n".join(typed))


def test_vector_of_formats_md():
    assert paper_copy(SEAL) == [
        "01 C800 20G3 MA",
        "02 0G2G C1R8 XT",
        "03 1450 P30D VZ",
        "04 1R7H 048J NT",
        "05 2CA1 A5GQ 8D",
        "06 30CH M6RW EP",
        "07 3MF1 Y00H HZ",
        "08 48SM 8NB6 SP",
        "09 EY49 KANV 3V",
        "10 SKEY XZZZ JH",
        "11 XVEW SEXA Z3",
        "12 K647 ESJN AT",
        "13 8GSJ 4480 P4",
        "14 FZB1 B59D YD",
    ]
