import sys

import numpy as np
import pandas as pd
import pytest
import torch

from plmscope.features.motifs.motif import learn_motifs
from plmscope.features.motifs.profiles import ProfilesNotInstalledError, search_profiles
from plmscope.features.motifs.settings import MotifSettings

LETTERS = list("ADEFGHIKLMNPQRSTVWY")
MOTIF = "GHCWKTPD"


@pytest.fixture(scope="module")
def proteins() -> pd.DataFrame:
    """A motif at residues 41 to 48 of every second protein; 40 of train, 20 of test."""
    rng = np.random.default_rng(0)
    sequences = []
    for number in range(60):
        letters = rng.choice(LETTERS, 100)
        if number % 2 == 0:
            letters[40:48] = list(MOTIF)
        sequences.append("".join(letters))
    return pd.DataFrame(
        {
            "accession": [f"P{number:02d}" for number in range(60)],
            "sequence": sequences,
            "split": ["train"] * 40 + ["test"] * 20,
        }
    )


@pytest.fixture(scope="module")
def motifs(proteins: pd.DataFrame) -> pd.DataFrame:
    """Feature 0 peaks at the tryptophan of the motif; feature 1 is on nowhere."""
    peaks = proteins.iloc[:40:2][["accession"]].assign(feature=0, position=44)
    return learn_motifs(peaks, proteins, 2, MotifSettings())


class TestProfiles:
    def test_find_their_motif_in_held_out_proteins(
        self, motifs: pd.DataFrame, proteins: pd.DataFrame
    ):
        found = search_profiles(motifs, proteins)
        assert set(found["feature"]) == {0}
        assert set(found["accession"]) <= set(proteins["accession"][40:])
        best = found.sort_values("bits", ascending=False).drop_duplicates("accession").head(10)
        assert set(best["accession"]) == set(proteins["accession"][40::2])
        assert (best["at_peak"] == 44).all()
        assert ((best["start"] <= 44) & (best["end"] >= 44)).all()
        assert found["share"].between(0, 1).all()

    def test_are_the_same_each_time(self, motifs: pd.DataFrame):
        """Regression: seed 0 is another one each time, and several copies are told apart by it."""
        rng = np.random.default_rng(1)

        def unit() -> str:
            """Three residues and a motif of which half is left."""
            before = "".join(rng.choice(LETTERS, 3))
            return before + "".join(a if rng.random() < 0.5 else rng.choice(LETTERS) for a in MOTIF)

        copies = ["".join(unit() for _ in range(20)) for _ in range(60)]
        repeats = pd.DataFrame({"accession": map(str, range(60)), "sequence": copies})
        first, second = (search_profiles(motifs, repeats.assign(split="test")) for _ in range(2))
        pd.testing.assert_frame_equal(first, second)

    def test_of_many_motifs_are_found_in_threads_as_one_after_the_other(
        self, motifs: pd.DataFrame, proteins: pd.DataFrame
    ):
        many = pd.concat([motifs.iloc[:1].assign(feature=feature) for feature in range(12)])
        before = torch.get_num_threads()
        try:
            found = []
            for n_threads in (1, 4):
                torch.set_num_threads(n_threads)
                found.append(search_profiles(many, proteins))
        finally:
            torch.set_num_threads(before)
        pd.testing.assert_frame_equal(*found)
        assert found[0]["feature"].is_monotonic_increasing
        assert found[0]["feature"].nunique() == 12

    def test_score_it_above_what_is_beside(self, motifs: pd.DataFrame, proteins: pd.DataFrame):
        found = search_profiles(motifs, proteins).set_index("accession")["share"]
        with_motif = proteins["accession"][40::2]
        assert found[found.index.isin(with_motif)].groupby(level=0).max().min() > (
            found[~found.index.isin(with_motif)].max()
        )

    def test_of_no_windows_are_none(self, motifs: pd.DataFrame, proteins: pd.DataFrame):
        assert search_profiles(motifs.iloc[1:], proteins).empty

    def test_say_what_to_install(
        self, motifs: pd.DataFrame, proteins: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setitem(sys.modules, "pyhmmer", None)
        with pytest.raises(ProfilesNotInstalledError, match=r"pip install 'plmscope\[hmm\]'"):
            search_profiles(motifs, proteins)
