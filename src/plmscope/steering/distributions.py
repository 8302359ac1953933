"""The distribution over the amino acids that a PLM predicts, under several edits of one layer."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from plmscope.concepts.amino_acids import AMINO_ACIDS
from plmscope.plms import ProteinLanguageModel
from plmscope.plms.base import Edit
from plmscope.progress import show_progress

AMINO_ACID_COLUMNS = tuple(AMINO_ACIDS)
"""What the columns of a distribution stand for."""


def predicted_distributions(
    plm: ProteinLanguageModel,
    layer: int,
    sequence: str,
    edits: Sequence[Edit | None],
    positions: Sequence[int],
    *,
    masked: bool = True,
    shown: bool = True,
    max_tokens: int = 2048,
) -> Float[np.ndarray, "n_edits n_positions 20"]:
    """What the PLM predicts at some residues under each of several edits.

    The blocks below the layer are run once for all edits.

    Args:
        plm: With a masked-LM head.
        layer: Where to edit.
        sequence: One letter a residue.
        edits: Given the activations of copies of the sequence; None changes nothing.
        positions: 1-based residues to predict.
        masked: Whether each of them is masked in turn, one forward pass each; otherwise the
            sequence is shown as it is.
        shown: Whether there is a progress bar: who predicts many sequences has one of its own.
        max_tokens: Most tokens in one forward pass.

    Returns:
        Probabilities among the 20 amino acids (float32).

    Raises:
        PlmError: The PLM has no masked-LM head, or cannot take the sequence.
    """
    tokens = plm.residue_token_ids("".join(AMINO_ACIDS))
    places = np.asarray(positions, dtype=np.int64) - 1
    if not masked:
        logits = plm.edited_lm_logits([sequence], layer, edits, max_tokens=max_tokens)
        return np.stack([_among(rows[0][places], tokens) for rows in logits])
    at_once = max(1, max_tokens // (len(sequence) + 2))
    parts = []
    with show_progress("predicting residues", len(places), "residue", shown=shown) as progress:
        for start in range(0, len(places), at_once):
            some = places[start : start + at_once]
            one_each = [np.array([place]) for place in some]
            logits = plm.edited_lm_logits(
                [sequence] * len(some),
                layer,
                edits,
                masked_positions=one_each,
                predicted=one_each,
                max_tokens=max_tokens,
            )
            parts.append(np.stack([_among(torch.cat(of_edit), tokens) for of_edit in logits]))
            progress.update(len(some))
    return np.concatenate(parts, axis=1)


def _among(
    logits: Float[Tensor, "n_positions n_tokens"], tokens: Tensor
) -> Float[np.ndarray, "n_positions 20"]:
    chosen = logits.cpu().float()[:, tokens]
    return chosen.softmax(dim=1).numpy()
