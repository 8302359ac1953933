"""One formula of the fraction of variance unexplained, equal to its definition."""

import torch

from plmscope.training.fvu import fraction_unexplained


def sums_of(x, x_hat):
    return (x - x_hat).square().sum(), x.square().sum(), x.sum(0)


class TestFractionUnexplained:
    def test_is_the_definition(self):
        generator = torch.Generator().manual_seed(0)
        x = 3 + torch.randn(50, 7, generator=generator, dtype=torch.float64)
        x_hat = x + 0.3 * torch.randn(50, 7, generator=generator, dtype=torch.float64)
        expected = (x - x_hat).square().sum() / (x - x.mean(0)).square().sum()
        torch.testing.assert_close(fraction_unexplained(*sums_of(x, x_hat), 50), expected)

    def test_may_be_added_up_in_parts(self):
        x = torch.arange(24, dtype=torch.float64).reshape(8, 3)
        parts = [sums_of(part, part * 0.9) for part in x.split(3)]
        added = [torch.stack(sums).sum(0) for sums in zip(*parts, strict=True)]
        whole = fraction_unexplained(*sums_of(x, x * 0.9), 8)
        torch.testing.assert_close(fraction_unexplained(*added, 8), whole)

    def test_of_the_mean_is_one(self):
        x = torch.arange(12, dtype=torch.float64).reshape(4, 3)
        assert float(fraction_unexplained(*sums_of(x, x.mean(0).expand(4, 3)), 4)) == 1.0
