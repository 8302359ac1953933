"""One update of an SAE from one batch."""

from __future__ import annotations

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from plmscope.saes.base import SAE
from plmscope.saes.linear import LinearSAE
from plmscope.training.settings import StepSettings
from plmscope.training.step.objectives.base import Metrics
from plmscope.training.step.objectives.registry import OBJECTIVES
from plmscope.training.step.optimiser import DecoderConstrainedAdam
from plmscope.training.step.ranks import Ranks
from plmscope.training.step.resampling import resample_by_loss, resample_uniformly


class Trainer:
    """Trains an SAE, one batch at a time.

    `step` is the only thing that changes training state; encoding, evaluating or saving the SAE in
    between does not. Under `torch.distributed`, each rank gives its part of the batch and all make
    the update of the whole.

    Attributes:
        sae: The SAE, changed in place.
        settings: How updates are made.
        n_updates: How many have been made.
    """

    def __init__(self, sae: SAE, settings: StepSettings) -> None:
        """Get ready for the first update.

        Args:
            sae: An SAE with its input normalisation already set, on its device.
            settings: How updates are made.

        Raises:
            ValueError: If this architecture cannot be trained.
        """
        if sae.config.architecture not in OBJECTIVES or not isinstance(sae, LinearSAE):
            raise ValueError(
                f"a {sae.config.architecture} SAE cannot be trained; these can: "
                + ", ".join(OBJECTIVES)
            )
        self.sae, self.settings, self.n_updates = sae, settings, 0
        self.ranks = Ranks.current()
        self.objective = OBJECTIVES[sae.config.architecture](sae, settings, self.ranks)
        self.optimiser = DecoderConstrainedAdam(
            sae, settings, betas=self.objective.betas, clips_first=self.objective.clips_first
        )
        self.generator = torch.Generator().manual_seed(settings.resampling_seed)

    @torch.no_grad()
    def step(self, batch: Float[Tensor, "n_residues d_model"]) -> Metrics:
        """Make one update.

        Args:
            batch: Activations as the PLM gives them. The result depends on nothing else but the
                state, so that anyone can replay batches.

        Returns:
            0-d tensors, taken before the update: `loss`, its summands, `l0`, `fvu`,
            `dead_fraction`, `gradient_norm`.
        """
        z = self.sae.normalise(batch)
        metrics = self.objective.compute_gradients(z, self.n_updates)
        for parameter in self.sae.parameters():
            assert parameter.grad is not None
            self.ranks.sum(parameter.grad)
        gradient_norm = self.optimiser.update(self.n_updates)
        self._resample(z)
        self.n_updates += 1
        dead_fraction = self.objective.firing.dead(self.settings.dead_after_residues).float().mean()
        return {**metrics, "dead_fraction": dead_fraction, "gradient_norm": gradient_norm}

    def state_dict(self) -> dict[str, Any]:
        """Everything beside the SAE's own state that later updates depend on."""
        return {
            "n_updates": self.n_updates,
            "residues_since_fired": self.objective.firing.residues_since_fired,
            "optimiser": self.optimiser.state_dict(),
            "generator": self.generator.get_state(),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go back to a saved state; the SAE's own is loaded by the caller."""
        self.n_updates = state["n_updates"]
        self.objective.firing.residues_since_fired.copy_(state["residues_since_fired"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.generator.set_state(state["generator"])

    def _resample(self, z: Float[Tensor, "n_residues d_model"]) -> None:
        """Give dead features of a ReLU SAE new directions, every `resample_every` steps."""
        every = self.settings.resample_every
        if every is None or self.sae.config.architecture != "relu" or self.n_updates % every:
            return
        z = self.ranks.gather(z)
        # Dead: silent for more than half of the steps since the last time.
        silent_for = every // 2 * z.shape[0] + 1
        dead = self.objective.firing.dead(silent_for).nonzero().flatten()
        if dead.numel() == 0:
            return
        if self.settings.resampling_rule == "by_loss":
            resample_by_loss(self.sae, dead, z, self.generator)
            self.optimiser.forget(dead)
        else:
            resample_uniformly(self.sae, dead, z, self.generator)
        self.objective.firing.revive(dead)
