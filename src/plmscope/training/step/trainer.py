"""One update of an SAE from one batch."""

from __future__ import annotations

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from plmscope.saes.base import SAE
from plmscope.saes.linear import LinearSAE
from plmscope.training.step.objectives.base import Metrics
from plmscope.training.step.objectives.registry import objective_class
from plmscope.training.step.optimiser import DecoderConstrainedAdam
from plmscope.training.step.ranks import Ranks
from plmscope.training.step.settings import StepSettings


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
            ValueError: This architecture cannot be trained, or not with these settings.
        """
        objective = objective_class(sae.config.architecture)
        assert isinstance(sae, LinearSAE)
        self.sae, self.settings, self.n_updates = sae, settings, 0
        self.ranks = Ranks.current()
        self.objective = objective(sae, settings, self.ranks)
        self.optimiser = DecoderConstrainedAdam(
            sae,
            settings,
            betas=objective.betas,
            clips_first=objective.clips_first,
            restart_every=self.objective.restart_every,
        )

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
        self.objective.after_update(z, self.n_updates, self.optimiser)
        self.n_updates += 1
        dead_fraction = self.objective.firing.dead(self.settings.dead_after_residues).float().mean()
        return {**metrics, "dead_fraction": dead_fraction, "gradient_norm": gradient_norm}

    def state_dict(self) -> dict[str, Any]:
        """Everything beside the SAE's own state that later updates depend on."""
        return {
            "n_updates": self.n_updates,
            "objective": self.objective.state_dict(),
            "optimiser": self.optimiser.state_dict(),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go back to a saved state; the SAE's own is loaded by the caller."""
        self.n_updates = state["n_updates"]
        self.objective.load_state_dict(state["objective"])
        self.optimiser.load_state_dict(state["optimiser"])
