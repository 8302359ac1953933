"""From gradients to new weights, with decoder rows kept at norm 1."""

from __future__ import annotations

from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor

from plmscope.saes.linear import LinearSAE
from plmscope.training.step.compiling import fused
from plmscope.training.step.schedules import learning_rate
from plmscope.training.step.settings import StepSettings


class DecoderConstrainedAdam:
    """Fused Adam on an SAE whose decoder rows stay on the unit sphere.

    The part of the decoder's gradient along its rows, which would only change their norm, is
    taken out before the update, and the norm is restored after it.
    """

    def __init__(
        self,
        sae: LinearSAE,
        settings: StepSettings,
        betas: tuple[float, float] = (0.9, 0.999),
        clips_first: bool = False,
        restart_every: int | None = None,
    ) -> None:
        """Make the optimiser.

        Args:
            sae: On its device, with its input normalisation.
            settings: Learning rate, its schedule, clipping.
            betas: Adam's.
            clips_first: Whether gradients are clipped before the projection (InterPLM's ReLU
                trainer) or after it (its other trainers).
            restart_every: As `learning_rate` takes it.
        """
        self.sae, self.settings, self.clips_first = sae, settings, clips_first
        self.restart_every = restart_every
        self.adam = torch.optim.Adam(sae.parameters(), lr=0.0, betas=betas, fused=True)
        self._remove_parallel = fused(remove_parallel, settings)

    def update(self, step: int) -> Tensor:
        """Make update number `step`, counted from 0, and drop the gradients.

        Returns:
            The norm of all gradients together before clipping.
        """
        for group in self.adam.param_groups:
            group["lr"] = learning_rate(step, self.settings, self.sae.d_sae, self.restart_every)
        if self.clips_first:
            norm = self._clip()
            self._project()
        else:
            self._project()
            norm = self._clip()
        self.adam.step()
        self.adam.zero_grad()
        self._restore_norm()
        return norm

    def forget(self, features: Int[Tensor, " n_features"]) -> None:
        """Clear Adam's moments of features that were given new weights."""
        for parameter in (self.sae.W_enc, self.sae.b_enc, self.sae.W_dec):
            state = self.adam.state[parameter]
            state["exp_avg"][features] = 0
            state["exp_avg_sq"][features] = 0

    def state_dict(self) -> dict[str, Any]:
        """Adam's moments and step count."""
        return self.adam.state_dict()

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go back to a saved state."""
        self.adam.load_state_dict(state)

    def _project(self) -> None:
        weight, gradient = self.sae.W_dec.detach(), self.sae.W_dec.grad
        assert gradient is not None
        self._remove_parallel(gradient, weight)

    def _clip(self) -> Tensor:
        gradients = [p.grad for p in self.sae.parameters() if p.grad is not None]
        norm = torch.nn.utils.get_total_norm(gradients)
        if self.settings.max_gradient_norm is not None:
            torch.nn.utils.clip_grads_with_norm_(
                self.sae.parameters(), self.settings.max_gradient_norm, norm
            )
        return norm

    def _restore_norm(self) -> None:
        weight = self.sae.W_dec.detach()
        weight /= torch.linalg.vector_norm(weight, dim=1, keepdim=True)


def remove_parallel(
    gradient: Float[Tensor, "d_sae d_model"], weight: Float[Tensor, "d_sae d_model"]
) -> None:
    """Take out of each row of the gradient, in place, its part along the row of the weight."""
    along = torch.linalg.vecdot(gradient, weight) / torch.linalg.vecdot(weight, weight)
    gradient.addcmul_(weight, along[:, None], value=-1)
