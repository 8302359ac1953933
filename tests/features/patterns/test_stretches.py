from itertools import groupby

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from plmscope.features.hits import BlockHits
from plmscope.features.patterns.stretches import (
    BRIDGE,
    END,
    StretchCounts,
    find_stretches,
    median_of_counts,
)

D_SAE = 3


def make_hits(on: list[list[list[int]]], lengths: list[int], value: float = 0.9) -> BlockHits:
    """`on[protein][feature]` are the 1-based places where it is on."""
    cells = sorted(
        (protein, place, feature)
        for protein, features in enumerate(on)
        for feature, places in enumerate(features)
        for place in places
    )
    columns = torch.tensor(cells, dtype=torch.int64).reshape(-1, 3).T
    return BlockHits(
        lengths=torch.tensor(lengths),
        protein=columns[0],
        position=columns[1],
        feature=columns[2],
        value=torch.full((columns.shape[1],), value),
    )


def count(hits: BlockHits) -> pd.DataFrame:
    counts = StretchCounts(D_SAE, on=0.15)
    counts.add(hits, np.zeros(int(hits.lengths.sum()), dtype=np.int64))
    return counts.to_frame()


def runs(places: list[int], bridge: int) -> list[tuple[int, int]]:
    """The slow way: first and last place of runs whose places are at most `bridge` apart."""
    found: list[tuple[int, int]] = []
    for place in sorted(places):
        if found and place - found[-1][1] <= bridge:
            found[-1] = (found[-1][0], place)
        else:
            found.append((place, place))
    return found


places = st.lists(st.integers(1, 60), max_size=25, unique=True).map(sorted)
blocks = st.lists(st.lists(places, min_size=D_SAE, max_size=D_SAE), min_size=1, max_size=4)


class TestStretches:
    @settings(max_examples=60)
    @given(blocks)
    def test_equal_the_slow_way(self, on: list[list[list[int]]]):
        found = count(make_hits(on, [60] * len(on)))
        for feature in range(D_SAE):
            each = [protein[feature] for protein in on if protein[feature]]
            sites = [run for places in each for run in runs(places, BRIDGE)]
            row = found.loc[feature]
            assert row["n_proteins_on"] == len(each)
            assert row["n_sites"] == len(sites)
            sizes = sorted(size for a, b in sites for size in [b - a + 1] * (b - a + 1))
            assert row["site_length"] == (sizes[(len(sizes) - 1) // 2] if sizes else 0)
            assert row["coverage"] == pytest.approx(
                np.mean([len(places) / 60 for places in each]) if each else 0
            )

    def test_are_runs_of_consecutive_residues(self):
        cell, position = np.array([0, 0, 0, 2, 2]), np.array([3, 4, 9, 10, 11])
        found = find_stretches(cell, position)
        assert list(zip(*found, strict=True)) == [(0, 3, 4), (0, 9, 9), (2, 10, 11)]

    def test_do_not_cross_from_one_protein_into_the_next(self):
        found = count(make_hits([[[60]] + [[]] * 2, [[1]] + [[]] * 2], [60, 60]))
        assert found.loc[0, "n_sites"] == 2

    def test_do_not_depend_on_the_blocks(self):
        on = [[[1, 2, 9], [5], []], [[4], [1, 8, 15], [2]]]
        together = count(make_hits(on, [60, 60]))
        counts = StretchCounts(D_SAE, on=0.15)
        for protein in on:
            counts.add(make_hits([protein], [60]), np.zeros(60, dtype=np.int64))
        pd.testing.assert_frame_equal(counts.to_frame(), together)

    def test_leave_out_what_is_not_on(self):
        found = count(make_hits([[[1, 2], [], []]], [60], value=0.1))
        assert found["n_proteins_on"].sum() == 0
        assert not found.isna().any(axis=None)


class TestPeriods:
    @pytest.mark.parametrize("period", [3, 7, 24, 28, 40])
    def test_are_the_distance_of_equal_steps(self, period: int):
        places = list(range(5, 5 + 6 * period, period))
        found = count(make_hits([[places, [], []]], [300])).loc[0]
        assert (found["period"], found["periodicity"], found["repeating"]) == (period, 1.0, 1.0)

    def test_of_steps_that_alternate_are_their_sum(self):
        """The first and fourth place of a heptad."""
        places = [start + step for start in range(1, 50, 7) for step in (0, 3)]
        assert count(make_hits([[places, [], []]], [60])).loc[0, "period"] == 7

    def test_need_three_in_a_row(self):
        """Two cysteines three apart, C-x(2)-C, are no period."""
        found = count(make_hits([[[10, 13], [], []], [[40, 43], [], []]], [60, 60])).loc[0]
        assert (found["period"], found["periodicity"], found["repeating"]) == (0, 0.0, 0.0)


class TestEnds:
    def test_are_near_where_the_peak_is(self):
        on = [[[END], [END + 1], [200 - END + 1]]]
        found = count(make_hits(on, [200]))
        assert found["near_start"].tolist() == [1, 0, 0]
        assert found["near_end"].tolist() == [0, 0, 1]
        assert found["near_end_by_chance"].tolist() == [END / 200] * 3


def test_median_is_the_lower_of_the_middle_two():
    counts = np.array([[0, 2, 0, 2], [0, 0, 0, 0], [0, 1, 5, 0]])
    assert median_of_counts(counts).tolist() == [1, 0, 2]


def test_letters_are_counted_where_a_feature_is_on():
    counts = StretchCounts(D_SAE, on=0.15)
    letters = np.array([0, 1, 2, 2, 20])
    counts.add(make_hits([[[3, 4], [5], []]], [5]), letters)
    found = counts.to_frame()["amino_acid_counts"]
    assert [list(row.nonzero()[0]) for row in found] == [[2], [20], []]
    assert found[0][2] == 2
    assert counts.background.tolist()[:3] == [1, 1, 2]
    assert [key for key, _ in groupby(counts.background)] == [1, 2, 0, 1]
