import numpy as np
import pandas as pd
import pytest

from plmscope.concepts.amino_acids import AMINO_ACIDS
from plmscope.features.motifs.alignment import align_by_famsa
from plmscope.features.motifs.motif import learn_motifs
from plmscope.features.motifs.settings import MotifSettings
from plmscope.features.motifs.windows import GAP

WINDOWS = ["MKVLACDEF", "MKVLGACDE", "-KVLACDEF", "MKVLSACD-"]


class TestAlignByFamsa:
    @pytest.mark.parametrize("letter", "UOJBZX")
    def test_keeps_letters_that_famsa_has_not(self, letter: str):
        windows = [*WINDOWS, f"M{letter}VLACD{letter}F"]
        rows = align_by_famsa(windows).rows
        assert len({len(row) for row in rows}) == 1
        assert [row.replace(GAP, "") for row in rows] == [w.replace(GAP, "") for w in windows]

    def test_lays_them_as_it_does_without_them(self):
        with_them = align_by_famsa([*WINDOWS, "MKVLAUDEF"]).rows
        without = align_by_famsa([*WINDOWS, "MKVLAXDEF"]).rows
        assert with_them == [row.replace("X", "U") for row in without]


def test_what_was_aligned_before_changes_nothing():
    """Of FAMSA with its refinement about one of a hundred such alignments came out otherwise."""
    rng = np.random.default_rng(0)
    sets = [["".join(rng.choice(list(AMINO_ACIDS), 21)) for _ in range(50)] for _ in range(150)]
    first = [align_by_famsa(windows).rows for windows in sets]
    assert [align_by_famsa(windows).rows for windows in sets[::-1]] == first[::-1]


def test_a_motif_around_selenocysteines_is_learnt():
    """As in the human selenoproteins, which are not in the sample."""
    accessions = [f"P{number}" for number in range(30)]
    sequences = ["ADEFGHIKLMNPQRSTVWY"[number % 5 :] * 2 + "CxxU" for number in range(30)]
    proteins = pd.DataFrame(
        {
            "accession": accessions,
            "sequence": [s.replace("xx", "GG" + "S" * (n % 3)) for n, s in enumerate(sequences)],
        }
    )
    peaks = pd.DataFrame(
        {"feature": 0, "accession": accessions, "position": proteins["sequence"].str.len()}
    )
    assert learn_motifs(peaks, proteins, 1, MotifSettings()).loc[0, "has_motif"]
