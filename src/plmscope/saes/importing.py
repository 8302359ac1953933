"""Making an SAE from elsewhere one that thresholds can be applied to."""

from __future__ import annotations

import copy
from collections.abc import Iterator

from jaxtyping import Bool, Float
from torch import Tensor

from plmscope.activations import ActivationStore
from plmscope.saes.base import SAE
from plmscope.saes.compatibility import check_compatible
from plmscope.saes.encode import read_blocks

BLOCK_RESIDUES = 2048


def is_scaled(sae: SAE) -> bool:
    """Whether the maxima of an SAE's features are known, so that they lie in about [0, 1]."""
    return bool((sae.feature_scale != 1).any())


def is_dead(sae: SAE) -> Bool[Tensor, " d_sae"]:
    """Which features never fired where the SAE was calibrated: `SAE.calibrate` leaves their scale
    at 1.
    """
    return sae.feature_scale == 1


def import_sae(given: SAE, train: ActivationStore) -> SAE:
    """An SAE from elsewhere with the maxima of its features, and what can be known of it.

    Args:
        given: The SAE; it is not changed.
        train: The train split, where the maxima are measured if it has none.

    Returns:
        The SAE. What it does not know of its PLM and layer is taken to be the store's.

    Raises:
        CheckpointMismatch: It was trained on another PLM, layer or width.
    """
    manifest = train.manifest
    check_compatible(given, manifest)
    sae = copy.deepcopy(given)
    if not is_scaled(sae):
        sae.calibrate(_activations(train, sae))
    known = {name: value for name, value in sae.provenance if value is not None}
    # Store and split are those of a training that is not this run's: stages would take them for it.
    of_another_run = dict.fromkeys(("store_hash", "split_hash", "sequences_hash"))
    of_store = {
        name: getattr(manifest, name) for name in ("plm_id", "plm_revision", "layer", "token_rule")
    }
    sae.provenance = sae.provenance.model_copy(update=of_store | known | of_another_run)
    return sae


def _activations(store: ActivationStore, sae: SAE) -> Iterator[Float[Tensor, "n d_model"]]:
    for block in read_blocks(store, BLOCK_RESIDUES, "Calibrating the features"):
        yield block.x.to(sae.device)
