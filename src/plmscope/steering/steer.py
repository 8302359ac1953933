"""Steer a PLM by the features of an SAE, and see what it predicts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from jaxtyping import Float

from plmscope.plms import PlmError, ProteinLanguageModel
from plmscope.saes import SAE
from plmscope.steering.distributions import AMINO_ACID_COLUMNS, predicted_distributions
from plmscope.steering.edits import FeatureEdit, as_plm_edit, check_edits
from plmscope.steering.errors import SteeringError


@dataclass(frozen=True, eq=False)
class Steered:
    """What a PLM predicts of a sequence with and without edits.

    Attributes:
        sequence: One letter a residue.
        edits: What was edited.
        masked: Whether each residue was masked when it was predicted.
        before: Probabilities of the 20 amino acids, in the order of `AMINO_ACID_COLUMNS`.
        after: The same with the edits.
    """

    sequence: str
    edits: tuple[FeatureEdit, ...]
    masked: bool
    before: Float[np.ndarray, "n_residues 20"]
    after: Float[np.ndarray, "n_residues 20"]

    @property
    def change(self) -> Float[np.ndarray, " n_residues"]:
        """How far the prediction of each residue moved: KL(after ‖ before) in bits."""
        return change_in_bits(self.before, self.after)

    def to_table(self) -> pd.DataFrame:
        """A row a residue and amino acid.

        Returns:
            position (1-based), residue, change (bits, of the position), amino_acid, before, after.
        """
        n = len(self.sequence)
        width = len(AMINO_ACID_COLUMNS)
        return pd.DataFrame(
            {
                "position": np.repeat(np.arange(1, n + 1), width),
                "residue": np.repeat(list(self.sequence), width),
                "change": np.repeat(self.change, width),
                "amino_acid": list(AMINO_ACID_COLUMNS) * n,
                "before": self.before.ravel(),
                "after": self.after.ravel(),
            }
        )


def steer(
    plm: ProteinLanguageModel,
    sae: SAE,
    sequence: str,
    edits: Sequence[FeatureEdit],
    *,
    masked: bool = True,
) -> Steered:
    """Edit features inside a PLM and compare its predictions at every residue.

    The SAE's error term is kept: without an edit nothing changes.

    Args:
        plm: With a masked-LM head; on the device of the SAE.
        sae: Of one of its layers, scaled to the maxima of its features.
        sequence: One letter a residue.
        edits: See `clamp`, `scale`, `ablate`.
        masked: Whether each residue is masked when it is predicted, one forward pass each;
            otherwise all are predicted from the sequence as it is, in one.

    Raises:
        SteeringError: An edit that cannot be made, or an SAE of another PLM.
        PlmError: The PLM has no masked-LM head, or cannot take the sequence.

    Example:
        ```python
        import plmscope
        from plmscope.steering import clamp

        steered = plmscope.steer(plm, sae, "GAVGLIGTS", [clamp(118, 1.0, positions=[1])])
        steered.to_table().query("amino_acid == 'G'")
        ```
    """
    layer = steered_layer(plm, sae)
    sequence = sequence.strip().upper()
    plm.check_sequences([sequence])
    plm.residue_token_ids(sequence)  # refuses what is not a residue
    check_edits(edits, sae, len(sequence))
    before, after = predicted_distributions(
        plm,
        layer,
        sequence,
        [None, as_plm_edit(edits, sae, len(sequence))],
        range(1, len(sequence) + 1),
        masked=masked,
    )
    return Steered(sequence, tuple(edits), masked, before, after)


def steered_layer(plm: ProteinLanguageModel, sae: SAE) -> int:
    """The layer that an SAE's features are of.

    Raises:
        SteeringError: The SAE does not fit the PLM, or does not say its layer.
        PlmError: The PLM has no masked-LM head.
    """
    if not plm.has_lm_head:
        raise PlmError(
            f"{plm.plm_id} has no masked-LM head, which steering and the effects of features need"
            " (survey, concepts, probes and structures do not). Give a PLM with one."
        )
    of_sae = sae.provenance
    if sae.d_model != plm.d_model or of_sae.plm_revision not in (None, plm.revision):
        raise SteeringError(
            f"The SAE is of {of_sae.plm_id or 'another PLM'} (width {sae.d_model}), but the PLM is"
            f" {plm.plm_id} (width {plm.d_model}): give the two that belong together."
        )
    if of_sae.layer is None:
        raise SteeringError(
            "The SAE does not say which layer it is of. Import it with its layer: kedro run"
            " --pipelines sae_import --params sae_source=<folder>,layer=<number>"
        )
    plm.check_layers([of_sae.layer])
    return of_sae.layer


def change_in_bits(
    before: Float[np.ndarray, "... 20"], after: Float[np.ndarray, "... 20"]
) -> Float[np.ndarray, ...]:
    """KL(after ‖ before) in bits."""
    tiny = np.finfo(np.float32).tiny
    ratio = np.log2(np.maximum(after, tiny)) - np.log2(np.maximum(before, tiny))
    return (after * ratio).sum(axis=-1)
