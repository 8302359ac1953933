"""BatchTopK: the `k * batch` largest features of a batch, however they fall on its residues."""

from __future__ import annotations

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from plmscope.saes.topk_kernels import top_k
from plmscope.training.step.encoder import BlockEncoder
from plmscope.training.step.objectives.topk import TopKObjective, TopKSettings
from plmscope.training.step.schedules import steps_of
from plmscope.training.step.settings import StepSettings
from plmscope.training.step.sparse_products import ActivePattern

SAMPLE_MARGIN = 1.5
"""The threshold is first guessed low enough for half as many features again as are kept."""

Selection = tuple[ActivePattern, Float[Tensor, " nnz"]]


class BatchTopKSettings(TopKSettings):
    """As TopK, but the SAE cannot do without a threshold."""

    def check(self, step: StepSettings) -> None:
        """The SAE gets a threshold before the run ends."""
        start = steps_of(self.threshold_start_fraction, step.n_steps)
        if start >= step.n_steps:
            raise ValueError(
                f"training.objective.threshold_start_fraction ({start} steps) is not before the end"
                f" of the run ({step.n_steps} steps): the SAE would have no threshold"
            )


class BatchTopKObjective(TopKObjective):
    """As TopK, with the largest features taken over the whole batch (Bussmann et al. 2024)."""

    Settings = BatchTopKSettings

    def select(self, encoder_input: Float[Tensor, "n_residues d_model"]) -> Selection:
        """The largest positive pre-activations over the batch of all ranks.

        Only candidates above a threshold guessed from a few rows are ever looked at. If the guess
        was too high, all positive pre-activations are the candidates; the result is exact either
        way.
        """
        n_kept = self.sae.config.k * self.batch_size(encoder_input)
        encoder = BlockEncoder(self.sae, self.product_dtype)
        guess = self._guess_threshold(encoder, encoder_input)
        pattern, values = encoder.above(encoder_input, guess)
        n_candidates = self.ranks.sum(torch.tensor(values.numel(), device=values.device))
        if n_candidates < n_kept and guess > 0:
            guess = torch.zeros_like(guess)
            pattern, values = encoder.above(encoder_input, guess)
        return self._largest(pattern, values, n_kept)

    def fired(
        self, pattern: ActivePattern, values: Float[Tensor, " nnz"]
    ) -> Bool[Tensor, " d_sae"]:
        """Features with a positive value anywhere."""
        return pattern.sum_by_feature(values) > 0

    def smallest_kept(
        self, pattern: ActivePattern, values: Float[Tensor, " nnz"]
    ) -> Float[Tensor, ""]:
        """The smallest positive value of the whole batch; 0 if there is none."""
        del pattern
        smallest = torch.cat([values[values > 0], values.new_full((1,), torch.inf)]).amin()
        smallest = self.ranks.gather(smallest[None]).amin()
        return torch.where(smallest.isfinite(), smallest, 0.0)

    def _guess_threshold(
        self, encoder: BlockEncoder, encoder_input: Float[Tensor, "n_residues d_model"]
    ) -> Float[Tensor, ""]:
        """A value that probably a little more than the wanted number exceed; at least 0."""
        sample = encoder.sample(encoder_input)
        n_wanted = min(int(SAMPLE_MARGIN * self.sae.config.k * len(sample)), sample.numel())
        threshold = top_k(sample.reshape(1, -1), n_wanted)[0].amin().clamp_min(0)
        return self.ranks.sum(threshold.to(self.sae.dtype)) / self.ranks.n_ranks

    def _largest(
        self, pattern: ActivePattern, values: Float[Tensor, " nnz"], n_kept: int
    ) -> Selection:
        """The `n_kept` largest over all ranks; values equal to the last one are all kept."""
        counts = self.ranks.gather(torch.tensor([values.numel()], device=values.device))
        padding = values.new_zeros(int(counts.max()) - values.numel())
        everyone = self.ranks.gather(torch.cat([values, padding]))
        if everyone.numel() <= n_kept:
            return pattern, values
        threshold = everyone.kthvalue(everyone.numel() - n_kept + 1).values
        kept = (values >= threshold) & (values > 0)
        return pattern.where(kept), values[kept]
