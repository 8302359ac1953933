from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csc_array

from plmscope.concepts.suggestions.calls import drop_general, find_calls, longest_instances


def calls_of(values, threshold, offsets, longest=1):
    """The calls of one pair."""
    column = csc_array(np.asarray(values, dtype=float)[:, None])
    return find_calls(column, np.array([threshold]), np.array([longest]), np.array(offsets))


def reference_calls(values, threshold, longest, offsets):
    """The obvious way: residue by residue, protein by protein."""
    calls = []
    for begin, end in pairwise(offsets):
        head = None
        for row in range(begin, end):
            if values[row] <= threshold:
                continue
            stop = row
            while stop < end and values[stop] > threshold:
                stop += 1
            is_first_of_stretch = row == begin or values[row - 1] <= threshold
            if not is_first_of_stretch:
                continue
            peak = max(values[row:stop])
            if head is not None and stop - calls[head][0] <= longest:
                start, _, earlier = calls[head]
                calls[head] = (start, stop, max(earlier, peak))
            else:
                head = len(calls)
                calls.append((row, stop, peak))
    return calls


class TestFindCalls:
    def test_are_runs_within_one_protein(self):
        calls = calls_of([0.9, 0.6, 0.0, 0.7, 0.8, 0.4, 0.95], 0.5, [0, 4, 7])
        assert calls.start.tolist() == [0, 3, 4, 6]
        assert calls.stop.tolist() == [2, 4, 5, 7]
        assert calls.peak.tolist() == [0.9, 0.7, 0.8, 0.95]

    def test_of_a_silent_feature_are_none(self):
        assert len(calls_of(np.zeros(5), 0.0, [0, 5]).start) == 0

    def test_fragments_of_one_instance_are_one_call(self):
        values = [0.9, 0, 0, 0.7, 0, 0, 0, 0.8, 0.9]
        calls = calls_of(values, 0.5, [0, 9], longest=4)
        assert list(zip(calls.start, calls.stop, calls.peak, strict=True)) == [
            (0, 4, 0.9),  # 1 to 4 are no longer than an instance
            (7, 9, 0.9),
        ]

    def test_a_long_stretch_is_one_call_however_long(self):
        assert calls_of(np.ones(9), 0.5, [0, 9], longest=2).stop.tolist() == [9]

    @given(st.data())
    def test_equal_the_obvious_way(self, data):
        n_pairs, lengths = data.draw(st.integers(1, 3)), data.draw(st.lists(st.integers(1, 12)))
        offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(int)
        shape = (int(offsets[-1]), n_pairs)
        cells = data.draw(
            st.lists(st.sampled_from([0.0, 0.3, 0.6, 0.9]), min_size=shape[0] * n_pairs,
                     max_size=shape[0] * n_pairs)
        )  # fmt: skip
        values = np.array(cells, dtype=float).reshape(shape)
        thresholds = np.array(data.draw(st.lists(st.sampled_from([0.0, 0.5]), min_size=n_pairs,
                                                 max_size=n_pairs)))  # fmt: skip
        longest = np.array(data.draw(st.lists(st.integers(1, 9), min_size=n_pairs,
                                              max_size=n_pairs)))  # fmt: skip
        found = find_calls(csc_array(values), thresholds, longest, offsets)
        for pair in range(n_pairs):
            calls = found.of_pair(pair)
            expected = reference_calls(values[:, pair], thresholds[pair], longest[pair], offsets)
            assert list(zip(calls.start, calls.stop, calls.peak, strict=True)) == expected

    def test_touch_and_cover(self):
        calls = calls_of(np.ones(6), 0.5, [0, 3, 6])
        marked = np.array([False, False, True, False, False, False])
        assert calls.touch(marked).tolist() == [True, False]
        assert calls.cover(np.array([False, True]), 6).tolist() == [False] * 3 + [True] * 3


def test_longest_instances_are_what_nine_of_ten_do_not_pass():
    annotations = pd.DataFrame(
        {"concept": "Domain: SH3", "start": 1, "end": [50, 51, 52, 53, 54, 55, 56, 57, 58, 400]}
    )
    longest = longest_instances(annotations, pd.Series(["Domain: SH3", "Motif: X"]))
    assert longest.tolist() == [92, 1]


class TestDropGeneral:
    @pytest.fixture
    def calls(self):
        rows = [
            ("P1", "Domain: any", "Domain", 1, 50),
            ("P1", "Domain: SH3", "Domain", 40, 90),
            ("P1", "Domain: any", "Domain", 91, 99),
            ("P2", "Domain: any", "Domain", 40, 90),
            ("P1", "Motif: any", "Motif", 40, 90),
        ]
        return pd.DataFrame(rows, columns=["protein", "concept", "category", "start", "end"])

    def test_only_where_a_special_one_of_the_category_overlaps(self, calls):
        assert drop_general(calls).index.tolist() == [1, 2, 3, 4]

    def test_of_no_calls_is_none(self, calls):
        assert drop_general(calls.iloc[:0]).empty
