"""How predictions answer to the dose of a feature, beside changes of the same length."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import torch
from jaxtyping import Float
from torch import Tensor

from plmscope.plms import ProteinLanguageModel
from plmscope.plms.base import Edit
from plmscope.saes import SAE, is_dead
from plmscope.steering.distributions import AMINO_ACID_COLUMNS, predicted_distributions
from plmscope.steering.edits import (
    FeatureEdit,
    as_plm_edit,
    check_edits,
    check_feature,
    clamp,
    set_feature,
    steering_delta,
)
from plmscope.steering.errors import SteeringError
from plmscope.steering.settings import SteeringSettings
from plmscope.steering.steer import change_in_bits, steered_layer

RESPONSES = [
    "kind", "number", "dose", "position", "residue", "change", "before", "after", "amino_acid",
    "predicted",
]  # fmt: skip
FEATURE, OTHER_FEATURE, RANDOM_DIRECTION = "feature", "other feature", "random direction"


def dose_response(
    plm: ProteinLanguageModel, sae: SAE, sequence: str, settings: SteeringSettings
) -> pd.DataFrame:
    """Clamp a feature to several values, and see what the PLM predicts at every residue.

    Each dose has matched controls: the decoder directions of other features, and random
    directions, with a change of the same length at each residue.

    Args:
        plm: With a masked-LM head.
        sae: Of one of its layers.
        sequence: One letter a residue.
        settings: The feature, where it is clamped and to what; controls.

    Returns:
        `RESPONSES`, a row a kind, control, dose and residue: `number` is the feature, or counts
        the random directions; `change` in bits, as of `Steered`; the probability of the sequence's
        own residue `before` and `after`; the `amino_acid` whose probability rose most, and its
        probability (`predicted`).

    Raises:
        SteeringError: No feature is given, or an edit cannot be made.
        PlmError: The PLM has no masked-LM head, or cannot take the sequence.
    """
    feature, positions = settings.feature, settings.positions
    if feature is None:
        raise SteeringError(
            "Say which feature is to be steered with: --params steering.feature=<number>. The"
            " feature table has them all."
        )
    layer = steered_layer(plm, sae)
    sequence = sequence.strip().upper()
    plm.check_sequences([sequence])
    n = len(sequence)
    labels: list[tuple[str, int, float]] = []
    edits: list[Edit | None] = [None]
    check_edits([clamp(feature, 0.0, positions)], sae, n)
    controls = draw_controls(sae, [feature], settings.n_controls, settings.seed)
    for dose in settings.doses:
        edit = clamp(feature, dose, positions)
        labels.append((FEATURE, feature, dose))
        edits.append(as_plm_edit([edit], sae, n))
        for kind, number, direction in controls:
            labels.append((kind, number, dose))
            edits.append(matched_edit(edit, direction, sae, n))
    before, *found = predicted_distributions(
        plm, layer, sequence, edits, range(1, n + 1), masked=settings.masked
    )
    tables = [
        _responses(sequence, before, after).assign(kind=kind, number=number, dose=dose)
        for (kind, number, dose), after in zip(labels, found, strict=True)
    ]
    return pd.concat(tables, ignore_index=True)[RESPONSES]


def draw_controls(
    sae: SAE, spared: Sequence[int], n: int, seed: int
) -> list[tuple[str, int, Float[Tensor, " d_model"]]]:
    """Unit directions to change activations along instead of a feature's.

    Args:
        sae: The SAE.
        spared: Features that are not to be drawn.
        n: How many of each kind.
        seed: Of the draw.

    Returns:
        kind, the feature or the count, and the direction.
    """
    rng = np.random.default_rng(seed)
    fires = (~is_dead(sae)).cpu().numpy().copy()
    fires[list(spared)] = False
    candidates = np.flatnonzero(fires)
    drawn = rng.choice(candidates, min(n, len(candidates)), replace=False)
    others = [(OTHER_FEATURE, int(g), direction_of(sae, int(g))) for g in drawn]
    random = [
        (RANDOM_DIRECTION, number, random_direction(sae.d_model, rng).to(sae.device))
        for number in range(n)
    ]
    return others + random


def random_direction(d_model: int, rng: np.random.Generator) -> Float[Tensor, " d_model"]:
    """A direction drawn from the sphere."""
    drawn = torch.from_numpy(rng.normal(size=d_model)).float()
    return drawn / drawn.norm()


@torch.no_grad()
def direction_of(sae: SAE, feature: int) -> Float[Tensor, " d_model"]:
    """The unit direction along which a feature changes a reconstruction, from the mean input."""
    check_feature(feature, sae)
    features = sae.encode_sparse(sae.input_mean[None])
    one = torch.ones(1, device=sae.device)
    change = sae.decode_sparse(set_feature(features, feature, one)) - sae.decode_sparse(
        set_feature(features, feature, 0 * one)
    )
    return change[0] / change[0].norm()


def matched_edit(
    edit: FeatureEdit, direction: Float[Tensor, " d_model"], sae: SAE, n_residues: int
) -> Edit:
    """A change as long as an edit's at each residue, in another direction."""

    def change(x: Float[Tensor, "n_rows d_model"]) -> Float[Tensor, "n_rows d_model"]:
        length = steering_delta(x, [edit], sae, n_residues).norm(dim=1, keepdim=True)
        return x + length * direction.to(x)

    return change


def _responses(
    sequence: str, before: Float[np.ndarray, "n 20"], after: Float[np.ndarray, "n 20"]
) -> pd.DataFrame:
    rows = np.arange(len(sequence))
    own = np.array(
        [AMINO_ACID_COLUMNS.index(a) if a in AMINO_ACID_COLUMNS else -1 for a in sequence]
    )
    risen = (after - before).argmax(axis=1)
    return pd.DataFrame(
        {
            "position": rows + 1,
            "residue": list(sequence),
            "change": change_in_bits(before, after),
            "before": np.where(own >= 0, before[rows, own], np.nan),
            "after": np.where(own >= 0, after[rows, own], np.nan),
            "amino_acid": np.array(AMINO_ACID_COLUMNS)[risen],
            "predicted": after[rows, risen],
        }
    )
