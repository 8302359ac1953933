import pytest
from hypothesis import given
from hypothesis import strategies as st

from plmscope.proteins.reading.sequences import RESIDUE_LETTERS, clean_sequence


class TestSoundSequence:
    def test_is_left_alone(self):
        assert clean_sequence(RESIDUE_LETTERS) == (RESIDUE_LETTERS, "", "", "")

    @pytest.mark.parametrize("letter", "UOBZXJ")
    def test_rare_and_ambiguous_letters_stay(self, letter):
        assert clean_sequence(f"MK{letter}A").residues == f"MK{letter}A"


class TestRepair:
    @pytest.mark.parametrize(
        ("text", "residues", "repairs"),
        [
            ("mktA", "MKTA", "lower case raised"),
            (" MK TA\t", "MKTA", "white space removed"),
            ("MKTA*", "MKTA", "final * dropped"),
            ("mk ta *", "MKTA", "white space removed; lower case raised; final * dropped"),
        ],
    )
    def test_is_told(self, text, residues, repairs):
        assert clean_sequence(text) == (residues, repairs, "", "")


class TestUnusableSequence:
    @pytest.mark.parametrize(
        ("text", "offence"), [("MK*TA", "* at 3"), ("MK-A", "- at 3"), ("MKTA1", "1 at 5")]
    )
    def test_is_refused_rather_than_shifted(self, text, offence):
        """Regression: a dropped `*` moved every later residue (docs/faults.md, fault 7)."""
        cleaned = clean_sequence(text)
        assert (cleaned.problem, cleaned.offence) == ("a character that is no amino acid", offence)

    @pytest.mark.parametrize("text", ["", "  ", "*"])
    def test_is_empty(self, text):
        assert clean_sequence(text).problem == "no sequence"


@given(st.text(alphabet=RESIDUE_LETTERS + RESIDUE_LETTERS.lower() + " *-1", max_size=30))
def test_a_usable_sequence_keeps_every_residue_in_order(text):
    cleaned = clean_sequence(text)
    if not cleaned.problem:
        assert cleaned.residues == "".join(c for c in text.upper() if c in RESIDUE_LETTERS)
        assert set(cleaned.residues) <= set(RESIDUE_LETTERS)
