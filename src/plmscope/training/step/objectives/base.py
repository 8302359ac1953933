"""What a training objective does: from a batch to gradients."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar, NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from plmscope.saes.linear import LinearSAE
from plmscope.training.fvu import fraction_unexplained
from plmscope.training.step.firing import FiringRecord
from plmscope.training.step.objectives.settings import ObjectiveSettings, objective_settings
from plmscope.training.step.optimiser import DecoderConstrainedAdam
from plmscope.training.step.precision import product_dtype
from plmscope.training.step.ranks import Ranks
from plmscope.training.step.settings import StepSettings
from plmscope.training.step.sparse_products import ActivePattern, DensePattern

Metrics = dict[str, Tensor]


class ActivePart(NamedTuple):
    """Active features and the gradients that reach them.

    Attributes:
        pattern: Which are active where.
        values: Their values.
        encoder_input: What the encoder's weights were multiplied with.
        d_reconstruction: Gradient of the reconstruction that these features take part in.
        d_pre_activations: Gradient of their pre-activations.
    """

    pattern: ActivePattern | DensePattern
    values: Float[Tensor, "*entries"]
    encoder_input: Float[Tensor, "n_residues d_model"]
    d_reconstruction: Float[Tensor, "n_residues d_model"]
    d_pre_activations: Float[Tensor, "*entries"]

    def gradients(self) -> tuple[Tensor, Tensor, Tensor]:
        """Gradients of `W_dec`, `W_enc` and `b_enc`."""
        return (
            self.pattern.weight_gradient(self.values, self.d_reconstruction),
            self.pattern.weight_gradient(self.d_pre_activations, self.encoder_input),
            self.pattern.sum_by_feature(self.d_pre_activations),
        )


class Objective(ABC):
    """The loss of one family of architectures, its gradients written out by hand.

    By hand, because the gradients of sparse features need work in proportion to the active ones.
    Plain formulas differentiated by autograd stand beside them in the tests.

    Attributes:
        Settings: What can be set about this objective alone.
        betas: Adam's, as InterPLM's trainer of this family has them.
        clips_first: Whether it clips gradients before projecting the decoder's.
        step_settings: What can be set about the updates of every architecture.
        settings: A `Settings`.
        firing: Which features are dead.
        product_dtype: Float type of the dense products.
    """

    Settings: ClassVar[type[ObjectiveSettings]]
    betas: ClassVar[tuple[float, float]] = (0.9, 0.999)
    clips_first: ClassVar[bool] = False

    def __init__(self, sae: LinearSAE, step_settings: StepSettings, ranks: Ranks) -> None:
        self.sae, self.step_settings, self.ranks = sae, step_settings, ranks
        self.settings: Any = objective_settings(sae.config.architecture, step_settings)
        self.firing = FiringRecord(sae.d_sae, sae.device)
        self.product_dtype = product_dtype(sae, step_settings)

    @abstractmethod
    def compute_gradients(self, z: Float[Tensor, "n_residues d_model"], step: int) -> Metrics:
        """Write the gradients of the batch's mean loss into the parameters' `grad`.

        The batch is the union over ranks; gradients come out as this rank's fraction, to be summed.

        Args:
            z: Normalised activations, this rank's part of the batch.
            step: Updates already made.

        Returns:
            Metrics of the whole batch: at least `loss`, `l0`, `fvu`.
        """

    @property
    def restart_every(self) -> int | None:
        """Steps after which the learning rate rises anew; None: it rises once."""
        return None

    def after_update(  # noqa: B027  (most objectives do nothing)
        self,
        z: Float[Tensor, "n_residues d_model"],
        n_updates: int,
        optimiser: DecoderConstrainedAdam,
    ) -> None:
        """What is done to the SAE between two updates.

        Args:
            z: Normalised activations of the update just made, this rank's part of the batch.
            n_updates: Updates made before it.
            optimiser: What forgets its moments of features that change.
        """

    def state_dict(self) -> dict[str, Any]:
        """Everything beside the SAE's own state that later batches depend on."""
        return {"residues_since_fired": self.firing.residues_since_fired}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go back to a saved state."""
        self.firing.residues_since_fired.copy_(state["residues_since_fired"])

    def batch_size(self, z: Float[Tensor, "n_residues d_model"]) -> int:
        """Residues of the batch over all ranks."""
        return z.shape[0] * self.ranks.n_ranks

    def weights(self) -> tuple[Tensor, Tensor, Tensor]:
        """The parameters that `ActivePart.gradients` belong to."""
        return self.sae.W_dec, self.sae.W_enc, self.sae.b_enc

    def set_decoder_bias_gradient(
        self, d_reconstruction: Float[Tensor, "n_residues d_model"]
    ) -> None:
        """Set the gradient of `b_dec`, once that of `b_enc` is complete.

        It comes from the reconstruction and, where the encoder sees `z - b_dec`, through it.
        """
        sae = self.sae
        sae.b_dec.grad = d_reconstruction.sum(0)
        if sae.subtracts_b_dec:
            assert sae.b_enc.grad is not None
            sae.b_dec.grad -= sae.b_enc.grad @ sae.W_enc

    def reduce_metrics(
        self,
        z: Float[Tensor, "n_residues d_model"],
        error: Float[Tensor, "n_residues d_model"],
        summands: dict[str, Tensor],
    ) -> Metrics:
        """Add up the ranks' fractions of the metrics, with the batch's unexplained variance.

        Args:
            z: Normalised activations.
            error: What their reconstruction lacks.
            summands: This rank's summand of each metric.

        Returns:
            The sums, and `fvu = sum |error|^2 / sum |z - mean(z)|^2`.
        """
        own = torch.stack([z.square().sum(), error.square().sum(), *summands.values()])
        total = self.ranks.sum(torch.cat([own, z.sum(0)]))
        (square, unexplained), sums = total[:2], total[2 : len(own)]
        fvu = fraction_unexplained(unexplained, square, total[len(own) :], self.batch_size(z))
        return {**dict(zip(summands, sums, strict=True)), "fvu": fvu}
