from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from plmscope.plms import PlmError
from plmscope.plms.windows import plan_windows


class TestPlanWindows:
    @given(st.integers(1, 400), st.integers(2, 60))
    def test_each_residue_is_taken_once_from_where_it_lies_deepest(self, n, size):
        windows = plan_windows(n, size)
        taken = [i for w in windows for i in range(w.first, w.last)]
        assert taken == list(range(n))
        assert all(w.stop - w.start <= size and w.start >= 0 and w.stop <= n for w in windows)
        for window in windows:
            for i in range(window.first, window.last):
                depth = [min(i - w.start, w.stop - 1 - i) for w in windows if w.start <= i < w.stop]
                own = min(i - window.start, window.stop - 1 - i)
                assert own >= max(depth) - 1  # two windows may share the middle

    def test_neighbours_share_half_or_more(self):
        windows = plan_windows(5000, 1022)
        assert all(before.stop - after.start >= 511 for before, after in pairwise(windows))


class TestEmbed:
    def test_a_short_sequence_is_untouched(self, tiny, sequences):
        whole = tiny.embed(sequences, [1, 2])
        windowed = tiny.embed(sequences, [1, 2], long_sequences="windows")
        for ours, theirs in zip(whole, windowed, strict=True):
            for layer in (1, 2):
                assert torch.equal(ours[layer], theirs[layer])

    def test_long_ones_are_their_windows(self, tiny, sequences):
        long = sequences[2]
        (found,) = tiny.embed_in_windows([long], [2], 4096, 20)
        for window in plan_windows(len(long), 20):
            (part,) = tiny.embed([long[window.start : window.stop]], [2])
            expected = part[2][window.first - window.start : window.last - window.start]
            assert torch.allclose(found[2][window.first : window.last], expected, atol=1e-5)

    def test_rejects_unless_asked(self, tiny):
        rng = np.random.default_rng(0)
        long = "".join(rng.choice(list("ACDEFGHIKL"), tiny.max_residues + 30))
        with pytest.raises(PlmError, match="long_sequences: windows"):
            tiny.embed([long], [2])
        (found,) = tiny.embed([long], [2], long_sequences="windows")
        assert len(found[2]) == len(long)
