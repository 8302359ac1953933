"""Features ablated where their concept is, under masked input: does the PLM predict worse there?

For a protein that carries a concept, some of the concept's residues are masked. Each feature named
after the concept is then set to 0 at all of the concept's residues, the SAE's error kept, and the
change of the masked-LM loss at the masked ones is its effect (nats a residue). The loss is never
that of a residue that the model can see.

Two controls could have an effect as well: other features that are active at the same residues with
a contribution of similar length, ablated in the same way, and a random direction of the same
length, another one in each protein.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor
from torch.nn.functional import cross_entropy

from plmscope.concepts import AnnotatedProteins, ConceptLabels
from plmscope.effects.settings import EffectSettings
from plmscope.plms import ProteinLanguageModel
from plmscope.progress import show_progress
from plmscope.saes import SAE, SparseFeatures
from plmscope.steering.dose import random_direction
from plmscope.steering.edits import set_feature, value_of
from plmscope.steering.steer import steered_layer

ABLATIONS = [
    "feature", "concept", "accession", "cluster", "kind", "control", "n_masked", "n_on", "loss",
    "effect", "length",
]  # fmt: skip
FEATURE, ACTIVE_THERE, RANDOM = "feature", "active there", "random direction"
KINDS = (FEATURE, ACTIVE_THERE, RANDOM)
NO_CONTROL = -1

_Rows = Float[Tensor, "n_residues d_model"]


class _Carrier(NamedTuple):
    """A protein of test with what is masked and edited in it."""

    accession: str
    cluster: str
    sequence: str
    carries: Int[np.ndarray, " n_carrying"]
    masked: Int[np.ndarray, " n_masked"]


def ablate_named(
    plm: ProteinLanguageModel,
    sae: SAE,
    annotated: AnnotatedProteins,
    named: pd.DataFrame,
    settings: EffectSettings,
) -> pd.DataFrame:
    """Ablate every named feature, and its controls, at its concept's residues in test.

    Args:
        plm: With a masked-LM head.
        sae: Of one of its layers.
        annotated: The proteins, what is known of them, the kept concepts.
        named: `named_features`: feature and concept.
        settings: Proteins, masks, controls.

    Returns:
        `ABLATIONS`, a row a feature, protein and kind of ablation: the residues that are masked,
        those of the concept where the feature is on under the mask, the loss without ablation
        (nats), its rise (`effect`), and the root mean square length of what is taken away over
        the concept's residues. `control` is the feature that stands in.

    Raises:
        PlmError: The PLM has no masked-LM head.
        SteeringError: The SAE does not fit the PLM.
    """
    layer = steered_layer(plm, sae)
    labels = annotated.labels("test")
    of_test = annotated.of_split("test").set_index("accession")
    by_concept = {
        str(concept): rows["feature"].to_numpy() for concept, rows in named.groupby("concept")
    }
    carriers = {
        concept: list(_carriers(concept, labels, of_test, settings)) for concept in by_concept
    }
    n = sum(len(carriers[concept]) * len(features) for concept, features in by_concept.items())
    rng = np.random.default_rng(settings.seed)
    rows: list[dict[str, object]] = []
    with show_progress("ablating features", n, "feature and protein") as progress:
        for concept, features in by_concept.items():
            for carrier in carriers[concept]:
                ablations = _Ablations(sae, carrier, features, settings, rng)
                found = _losses(plm, layer, carrier, ablations)
                rows += [row | {"concept": concept} for row in ablations.table(found)]
                progress.update(len(features))
    return pd.DataFrame(rows, columns=ABLATIONS)


def no_ablations() -> pd.DataFrame:
    """The table where nothing can be measured."""
    return pd.DataFrame(columns=ABLATIONS)


def _carriers(
    concept: str, labels: ConceptLabels, proteins: pd.DataFrame, settings: EffectSettings
) -> Iterator[_Carrier]:
    """Proteins that carry a concept, one of each homology cluster, in random order."""
    rng = np.random.default_rng(settings.seed)
    marked = labels.marked(concept)
    per_protein = np.add.reduceat(marked, labels.offsets[:-1])
    carrying = rng.permutation(np.flatnonzero(per_protein > 0))
    clusters = proteins.loc[[labels.accessions[i] for i in carrying], "cluster"].to_numpy()
    _, first = np.unique(clusters, return_index=True)
    for number in carrying[np.sort(first)][: settings.n_proteins]:
        accession = labels.accessions[number]
        own = marked[labels.offsets[number] : labels.offsets[number + 1]]
        carries = np.flatnonzero(own)
        n_masked = max(1, round(settings.mask_fraction * len(carries)))
        yield _Carrier(
            accession,
            str(proteins.loc[accession, "cluster"]),
            str(proteins.loc[accession, "sequence"]),
            carries,
            np.sort(rng.choice(carries, n_masked, replace=False)),
        )


def _losses(
    plm: ProteinLanguageModel, layer: int, carrier: _Carrier, ablations: _Ablations
) -> Float[np.ndarray, " n_edits"]:
    """The masked-LM loss without and with each ablation, nats a masked residue."""
    logits = plm.edited_lm_logits(
        [carrier.sequence],
        layer,
        ablations.edits(),
        masked_positions=[carrier.masked],
        predicted=[carrier.masked],
    )
    truth = plm.residue_token_ids(carrier.sequence)[carrier.masked]
    return np.array([cross_entropy(rows[0].cpu(), truth).item() for rows in logits])


class _Ablations:
    """What is taken away from the activations of one protein.

    The features are known only when the PLM has come to the layer, with the mask: the first edit
    changes nothing and encodes, the others take from what it found.

    Args:
        sae: The SAE.
        carrier: The protein.
        features: Those named after one concept.
        settings: How many controls.
        rng: Of the random direction.
    """

    def __init__(
        self,
        sae: SAE,
        carrier: _Carrier,
        features: Int[np.ndarray, " n_features"],
        settings: EffectSettings,
        rng: np.random.Generator,
    ) -> None:
        self._sae, self._carrier, self._features = sae, carrier, features
        self._n_controls = settings.n_controls
        self._direction = random_direction(sae.d_model, rng)
        self._changes: list[Float[Tensor, "n_carrying d_model"]] = []
        self._labels: list[dict[str, object]] = []

    def edits(self) -> list[Callable[[_Rows], _Rows]]:
        """One that encodes, and one for each feature and control."""
        n = len(self._features) * (2 + self._n_controls)
        return [self._encode, *(self._take(number) for number in range(n))]

    def table(self, losses: Float[np.ndarray, " n_edits"]) -> list[dict[str, object]]:
        """A row each, from the losses without and with each ablation."""
        without, *after = losses.tolist()
        return [
            label | {"loss": without, "effect": loss - without}
            for label, loss in zip(self._labels, after, strict=True)
        ]

    @torch.no_grad()
    def _encode(self, x: _Rows) -> _Rows:
        rows = torch.from_numpy(self._carrier.carries).to(x.device)
        features = self._sae.encode_sparse(x[rows])
        whole = self._sae.decode_sparse(features)
        lengths = _contribution_lengths(features, self._sae)
        for feature in self._features.tolist():
            is_on = value_of(features, feature) > 0
            change = self._change(features, whole, feature)
            self._note(feature, FEATURE, NO_CONTROL, change, is_on)
            stand_ins = self._stand_ins(SparseFeatures(features.indices, lengths), feature)
            for other in stand_ins:
                self._note(
                    feature, ACTIVE_THERE, other, self._change(features, whole, other), is_on
                )
            for _ in range(self._n_controls - len(stand_ins)):  # nothing else is active there
                self._note(feature, ACTIVE_THERE, NO_CONTROL, torch.zeros_like(change), is_on)
            length = change.norm(dim=1, keepdim=True)
            self._note(feature, RANDOM, 0, length * self._direction.to(change), is_on)
        return x

    def _change(
        self, features: SparseFeatures, whole: Float[Tensor, "n d_model"], feature: int
    ) -> Float[Tensor, "n d_model"]:
        """What setting a feature to 0 adds; exactly 0 where it is not on."""
        value = value_of(features, feature)
        without = self._sae.decode_sparse(set_feature(features, feature, torch.zeros_like(value)))
        return torch.where(value[:, None] > 0, without - whole, 0.0)

    def _stand_ins(self, lengths: SparseFeatures, feature: int) -> list[int]:
        """Features whose contributions are nearest in length, residue by residue.

        Those named after the same concept are no control: they may well be used for it.
        """
        own = value_of(lengths, feature)
        is_on = own > 0
        if not is_on.any():
            return []
        indices, length, own = *(part[is_on] for part in lengths), own[is_on, None]
        # |a - own|² is |a|² - 2 a·own + |own|², of which the residues where a is off add but own.
        squares, products = (
            torch.zeros(self._sae.d_sae, device=own.device).scatter_add_(
                0, indices.flatten(), (length * other).flatten()
            )
            for other in (length, own)
        )
        is_candidate = squares > 0
        is_candidate[self._features.tolist()] = False
        distance = torch.where(is_candidate, squares - 2 * products, torch.inf)
        n = min(self._n_controls, int(is_candidate.sum()))
        return torch.topk(distance, n, largest=False, sorted=True).indices.tolist()

    def _note(
        self,
        feature: int,
        kind: str,
        control: int,
        change: Float[Tensor, "n d_model"],
        is_on: Bool[Tensor, " n"],
    ) -> None:
        self._changes.append(change)
        self._labels.append(
            {
                "feature": feature,
                "accession": self._carrier.accession,
                "cluster": self._carrier.cluster,
                "kind": kind,
                "control": control,
                "n_masked": len(self._carrier.masked),
                "n_on": int(is_on.sum()),
                "length": float(change.square().sum(dim=1).mean().sqrt()),
            }
        )

    def _take(self, number: int) -> Callable[[_Rows], _Rows]:
        def edit(x: _Rows) -> _Rows:
            change = self._changes[number]
            if not change.any():
                return x  # which is not computed again
            rows = torch.from_numpy(self._carrier.carries).to(x.device)
            return x.index_add(0, rows, change.to(x))

        return edit


def _contribution_lengths(features: SparseFeatures, sae: SAE) -> Float[Tensor, "n k"]:
    """How long a vector each active feature adds to the reconstruction of each residue.

    In units that all features of a residue share: an SAE that scales a residue by its own deviation
    scales all of them alike.
    """
    decoder = sae.W_dec
    assert isinstance(decoder, Tensor)
    per_unit = torch.zeros(sae.d_sae, device=decoder.device)
    per_unit[: len(decoder)] = decoder.norm(dim=1)
    per_unit = per_unit * sae.feature_scale.float()
    indices, values = features
    return values.float() * per_unit[indices]
