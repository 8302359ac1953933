import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from plmscope.concepts.metrics import measure


@st.composite
def counts(draw):
    n_residues = draw(st.integers(1, 50))
    n_positive = draw(st.integers(0, n_residues))
    tp = draw(st.integers(0, n_positive))
    n_active = draw(st.integers(tp, n_residues))
    n_instances = draw(st.integers(0, n_positive))
    hit = draw(st.integers(0, min(tp, n_instances)))
    return tp, n_active, hit, n_positive, n_instances, n_residues


class TestMeasure:
    @settings(max_examples=200)
    @given(counts())
    def test_scores_are_finite_and_shares_stay_in_range(self, cell):
        scores = measure(*(np.array(number) for number in cell))
        assert all(np.isfinite(score) for score in scores)
        assert all(0 <= score <= 1 for score in scores[:-1])

    def test_a_perfect_feature(self):
        scores = measure(*(np.array(number) for number in (5, 5, 2, 5, 2, 50)))
        assert scores == (1, 1, 1, 1, 1, 10)

    def test_an_always_on_feature_has_lift_one(self):
        assert measure(*(np.array(number) for number in (5, 50, 2, 5, 2, 50))).lift == 1
