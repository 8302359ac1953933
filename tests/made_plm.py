"""A PLM-shaped toy of which everything is known: one direction is used, another is not."""

from __future__ import annotations

import numpy as np
import torch

from plmscope.plms import ProteinLanguageModel
from plmscope.saes import SAE, Provenance, make_sae

LETTERS = "ACDEFGHIKLMNPQRSTVWYX"
D_MODEL = 8
USED, UNUSED = 0, 1
"""Features that are on at the same residues, those within 3 of a W; cysteine is predicted there by
the direction of the first alone."""


class ToyPLM(ProteinLanguageModel):
    """One layer: near a W, both directions are 1; other dimensions say the residue's letter."""

    token_rule = "toy"
    plm_id, revision = "toy", "1"
    n_layers, d_model, max_residues = 1, D_MODEL, 500
    _n_special_tokens = 2
    model = torch.nn.Linear(1, 1)

    def __init__(self, has_lm_head: bool = True) -> None:
        self._has_lm_head = has_lm_head

    @property
    def has_lm_head(self) -> bool:
        return self._has_lm_head

    def residue_token_ids(self, sequence):
        return torch.tensor([LETTERS.index(letter) for letter in sequence])

    def _embed_batch(self, sequences, layers):  # noqa: ARG002
        return [{1: activations(sequence)} for sequence in sequences]

    def _logits_batch(self, sequences, masked_positions, layer, edits, predicted):  # noqa: ARG002
        shown = []
        for sequence, masked in zip(sequences, masked_positions, strict=True):
            letters = np.array(list(sequence))
            letters[masked] = "X"
            shown.append(activations("".join(letters)))
        lengths = [len(x) for x in shown]
        found = []
        for edit in edits:
            x = torch.cat(shown)
            x = x if edit is None else edit(x)
            logits = torch.zeros(len(x), len(LETTERS))
            logits[:, LETTERS.index("C")] = 6 * x[:, USED]
            wanted = predicted or [slice(None)] * len(lengths)
            found.append([rows[at] for rows, at in zip(logits.split(lengths), wanted, strict=True)])
        return found


def activations(sequence: str) -> torch.Tensor:
    x = torch.zeros(len(sequence), D_MODEL)
    for place, letter in enumerate(sequence):
        x[place, 4 + LETTERS.index(letter) % 4] = 0.3
        if "W" in sequence[max(0, place - 3) : place + 4]:
            x[place, USED] = x[place, UNUSED] = 1.0
    return x


def toy_sae() -> SAE:
    """A feature a dimension; the last two directions never fire."""
    sae = make_sae({"architecture": "topk", "d_model": D_MODEL, "d_sae": D_MODEL + 2, "k": 5})
    with torch.no_grad():
        sae.W_enc.zero_()[:D_MODEL] = torch.eye(D_MODEL)
        sae.W_dec.zero_()[:D_MODEL] = torch.eye(D_MODEL)
        sae.W_dec[D_MODEL:, 0] = 1
        sae.b_enc[D_MODEL:] = -1e9
    sae.calibrate([activations("ACDEFGHIKLMNPQRSTVWYCCC") * 2])
    sae.provenance = Provenance(layer=1, plm_id="toy", plm_revision="1")
    return sae
