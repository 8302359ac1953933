import numpy as np
import pandas as pd
import pytest

from plmscope.features.descriptions.sentence import write_sentences
from plmscope.features.patterns.classes import PATTERNS

ROW = {
    "feature": 3,
    "pattern": "short motif",
    "n_proteins_on": 66,
    "site_length": 5,
    "coverage": 0.7,
    "period": 7,
    "amino_acids": "TS",
    "top_amino_acid_share": 0.79,
    "motif": "G-x-T",
    "motif_share": 0.9,
    "n_motif_windows": 38,
    "name": "",
    "concept": "Helix",
    "test_f1": 0.2,
    "at_peaks": "",
    "n_at_peaks": 0,
    "n_peaks": 0,
    "structure_at_peaks": "",
    "n_in_structure": 0,
    "n_with_structure": 0,
    "shared_words": "",
    "n_with_word": 0,
    "family": 4,
    "family_name": "short motif on T",
    "family_size": 9,
    "module": -1,
    "module_name": "",
    "module_size": 0,
    "co_active": np.array([1, 9]),
}


def sentence(**changed: object) -> str:
    return write_sentences(pd.DataFrame([ROW | changed]), 2000)[0]


class TestSentence:
    def test_says_what_was_measured(self):
        assert sentence() == (
            "Short stretches, mostly of 5 residues or fewer, in 66 of 2,000 proteins (3%), on T"
            " (79% of them), then S. Around its peaks G-x-T, in 90% of 38 homology clusters of"
            " train. No name: closest is Helix, test F1 0.20. In family 4 (short motif on T; 9"
            " features). Fires together with f/1 and f/9."
        )

    @pytest.mark.parametrize("pattern", PATTERNS)
    def test_is_there_for_each_pattern(self, pattern: str):
        text = sentence(pattern=pattern)
        assert text.endswith(".")
        assert "nan" not in text

    def test_names_the_concept_of_a_named_feature(self):
        assert "Stands for Helix: test F1 0.80." in sentence(name="Helix", test_f1=0.8)

    def test_says_what_is_at_its_peaks(self):
        told = {"at_peaks": "Domain: SH3", "n_at_peaks": 6, "n_peaks": 10}
        assert "6 of its 10 highest peaks are in Domain: SH3." in sentence(**told)
        assert "highest peaks" not in sentence(**told, name="Domain: SH3")

    def test_says_what_its_proteins_share(self):
        told = {
            "n_peaks": 10, "structure_at_peaks": "Beta strand", "n_in_structure": 7,
            "n_with_structure": 8, "shared_words": "kinase, atp, serine", "n_with_word": 6,
        }  # fmt: skip
        assert "Of 8 highest peaks in known structures 7 are in strands." in sentence(**told)
        assert (
            "6 of the 10 proteins with its highest peaks share the word “kinase”, some also “atp”"
            " and “serine”." in sentence(**told)
        )
        assert "some also" not in sentence(**told | {"shared_words": "kinase"})

    @pytest.mark.parametrize("changed", [{"concept": ""}, {"test_f1": 0.05}, {"test_f1": np.nan}])
    def test_says_that_it_goes_with_none(self, changed: dict[str, object]):
        assert "Goes with no concept." in sentence(**changed)

    def test_leaves_out_what_there_is_not(self):
        text = sentence(motif="", amino_acids="", family=-1, co_active=np.array([], dtype=int))
        assert text == (
            "Short stretches, mostly of 5 residues or fewer, in 66 of 2,000 proteins (3%). No name:"
            " closest is Helix, test F1 0.20."
        )

    def test_of_a_feature_that_is_never_on_is_one_word_more_than_nothing(self):
        assert sentence(pattern="never on") == "Is never on in the proteins of this run."
