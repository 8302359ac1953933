from hypothesis import given
from hypothesis import strategies as st

from plmscope.plms.batching import length_sorted_batches


class TestLengthSortedBatches:
    @given(st.lists(st.integers(1, 50), max_size=40), st.integers(1, 120))
    def test_every_sequence_once_and_within_the_budget(self, n_tokens, max_tokens):
        batches = length_sorted_batches(n_tokens, max_tokens)
        assert sorted(n for batch in batches for n in batch) == list(range(len(n_tokens)))
        for batch in batches:
            padded = len(batch) * max(n_tokens[n] for n in batch)
            assert padded <= max_tokens or len(batch) == 1

    def test_pads_less_than_the_given_order(self):
        n_tokens = [10, 100] * 8
        padded = sum(
            len(batch) * max(n_tokens[n] for n in batch)
            for batch in length_sorted_batches(n_tokens, 200)
        )
        assert padded == sum(n_tokens)
