import torch
from hypothesis import given
from hypothesis import strategies as st

from plmscope.saes.topk_kernels import entries_above, nonzero_padded, top_k


class TestTopK:
    @given(
        st.integers(0, 5), st.integers(1, 60), st.integers(1, 16), st.booleans(), st.integers(0, 99)
    )
    def test_equals_torch(self, n, n_groups, k, ties, seed):
        width = 16 * n_groups
        values = torch.randn(n, width, generator=torch.Generator().manual_seed(seed))
        if ties:
            values = values.round()
        kept, columns = top_k(values, k)
        expected = values.topk(k, dim=-1).values
        assert torch.equal(kept.sort(dim=-1, descending=True).values, expected)
        assert torch.equal(values.gather(1, columns), kept)
        assert all(row.unique().numel() == k for row in columns)

    def test_width_that_is_no_multiple_of_a_group(self):
        values = torch.randn(3, 65)
        assert torch.equal(top_k(values, 2)[0].amax(1), values.amax(1))


class TestEntriesAbove:
    @given(st.integers(0, 5), st.integers(1, 40), st.booleans(), st.integers(0, 99))
    def test_equals_torch(self, n, width, one_cut, seed):
        generator = torch.Generator().manual_seed(seed)
        values = torch.randn(n, width, generator=generator).round(decimals=1)
        cut = torch.tensor(0.5) if one_cut else torch.randn(width, generator=generator)
        rows, columns, found = entries_above(values, cut)
        expected = (values > cut).nonzero()
        assert torch.equal(torch.stack([rows, columns], dim=1), expected)
        assert torch.equal(found, values[rows, columns])


class TestNonzeroPadded:
    def test_rows_of_other_lengths(self):
        columns, values = nonzero_padded(
            torch.tensor([0, 2, 2]), torch.tensor([5, 1, 7]), torch.tensor([0.5, 0.1, 0.7]), n=4
        )
        assert columns.tolist() == [[5, 0], [0, 0], [1, 7], [0, 0]]
        assert torch.allclose(values, torch.tensor([[0.5, 0], [0, 0], [0.1, 0.7], [0, 0]]))
