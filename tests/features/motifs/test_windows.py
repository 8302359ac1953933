import numpy as np
import pandas as pd
import pytest
import torch

from plmscope.features.hits import ProteinPeaks
from plmscope.features.motifs import windows
from plmscope.features.motifs.windows import PeakChooser, cut_windows


def make_peaks(rows: list[tuple[int, int, int, float]]) -> ProteinPeaks:
    """protein, feature, position, peak of each."""
    protein, feature, position, peak = zip(*rows, strict=True)
    return ProteinPeaks(
        protein=torch.tensor(protein),
        feature=torch.tensor(feature),
        peak=torch.tensor(peak),
        n_active=torch.ones(len(rows), dtype=torch.int64),
        position=torch.tensor(position),
    )


class TestPeaks:
    def test_are_one_a_cluster_and_the_highest(self):
        chooser = PeakChooser({"A": 0, "B": 0, "C": 1}, on=0.15, n_windows=5)
        chooser.add(["A", "B"], make_peaks([(0, 7, 3, 0.5), (1, 7, 9, 0.8)]))
        chooser.add(["C", "X"], make_peaks([(0, 7, 2, 0.6), (0, 1, 5, 0.1), (1, 7, 1, 0.9)]))
        found = chooser.to_frame()
        assert found["accession"].tolist() == ["B", "C"]  # X is not of train, 0.1 is not on
        assert found["position"].tolist() == [9, 2]
        assert found["rank"].tolist() == [1, 2]

    def test_are_no_more_than_wanted(self):
        chooser = PeakChooser({name: number for number, name in enumerate("ABC")}, 0.15, 2)
        chooser.add(list("ABC"), make_peaks([(0, 0, 1, 0.2), (1, 0, 1, 0.9), (2, 0, 1, 0.5)]))
        assert chooser.to_frame()["accession"].tolist() == ["B", "C"]

    def test_do_not_depend_on_pruning(self, monkeypatch: pytest.MonkeyPatch):
        rng = np.random.default_rng(0)
        names = [f"P{number}" for number in range(40)]
        clusters = {name: number // 2 for number, name in enumerate(names)}

        def choose() -> pd.DataFrame:
            chooser = PeakChooser(clusters, on=0.15, n_windows=4)
            for first in range(0, 40, 4):
                draw = np.random.default_rng(first)
                peaks = [(p, f, 1, float(draw.random())) for p in range(4) for f in range(5)]
                chooser.add(names[first : first + 4], make_peaks(peaks))
            return chooser.to_frame()

        whole = choose()
        monkeypatch.setattr(windows, "_PRUNE_AT", int(rng.integers(5, 15)))
        pd.testing.assert_frame_equal(choose(), whole)


class TestWindows:
    def test_have_the_peak_in_the_middle_and_gaps_beyond_the_ends(self):
        peaks = pd.DataFrame({"accession": ["A", "A", "A"], "position": [1, 3, 6]})
        sequences = pd.Series({"A": "MKTAYI"})
        assert cut_windows(peaks, sequences, 2) == ["--MKT", "MKTAY", "AYI--"]
