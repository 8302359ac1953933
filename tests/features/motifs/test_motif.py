import numpy as np
import pandas as pd
import pytest

from plmscope.concepts.amino_acids import amino_acid_shares
from plmscope.features.motifs.logo import logo_svg
from plmscope.features.motifs.motif import learn_motifs, logo_counts, motif_logo
from plmscope.features.motifs.settings import MotifSettings

LETTERS = list("ADEFGHIKLMNPQRSTVWY")
N = 30


@pytest.fixture(scope="module")
def proteins() -> pd.DataFrame:
    """A cysteine pair C-x(2,4)-C at residue 50 of each; the rest is random, without cysteines."""
    rng = np.random.default_rng(0)
    sequences = []
    for number in range(N):
        letters = rng.choice(LETTERS, 100)
        letters[[49, 52 + number % 3]] = "C"
        sequences.append("".join(letters))
    return pd.DataFrame({"accession": [f"P{n}" for n in range(N)], "sequence": sequences})


@pytest.fixture(scope="module")
def motifs(proteins: pd.DataFrame) -> pd.DataFrame:
    """Feature 0 peaks at the motif, 1 at random places, 2 in one protein, 3 never."""
    rng = np.random.default_rng(1)
    rows = [(0, name, 50) for name in proteins["accession"]]
    rows += [(1, name, int(rng.integers(60, 100))) for name in proteins["accession"]]
    rows += [(2, "P0", 1)]
    peaks = pd.DataFrame(rows, columns=["feature", "accession", "position"])
    return learn_motifs(peaks, proteins, 4, MotifSettings())


class TestMotifs:
    def test_find_the_planted_one(self, motifs: pd.DataFrame):
        found = motifs.loc[0]
        assert found["has_motif"]
        assert found["motif"].startswith("C")
        assert found["motif_share"] >= 0.6

    def test_are_not_found_where_there_is_none(self, motifs: pd.DataFrame):
        assert not motifs.loc[1, "has_motif"]
        assert motifs.loc[1, "why_none"] == "the windows around its peaks have nothing in common"

    def test_say_why_there_is_none(self, motifs: pd.DataFrame):
        assert motifs.loc[2, "why_none"] == ("on in 1 homology clusters of train; a motif needs 10")
        assert motifs["feature"].tolist() == [0, 1, 2, 3]

    def test_are_drawn_on_demand(self, motifs: pd.DataFrame, proteins: pd.DataFrame):
        assert logo_counts(motifs.loc[0]).sum() > 0
        svg = motif_logo(motifs.loc[0], amino_acid_shares(proteins["sequence"]))
        assert svg.startswith("<svg")
        assert 'aria-label="Logo of f/0: C' in svg
        assert motif_logo(motifs.loc[2], amino_acid_shares(proteins["sequence"])) == ""


class TestLogo:
    def test_is_the_same_each_time_and_asks_for_nothing_outside(self):
        heights = np.zeros((5, 20))
        heights[2, 0] = 3.0
        first, second = (logo_svg(heights, 2, "A & <b>") for _ in range(2))
        assert first == second
        assert "A &amp; &lt;b&gt;" in first
        assert "href" not in first.replace('xlink:href="#', "")

    def test_of_no_information_is_an_empty_frame(self):
        assert "<svg" in logo_svg(np.zeros((3, 20)), 1, "nothing")
