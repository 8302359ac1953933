"""Does this SAE belong to these activations, and is it the same as that one?"""

from __future__ import annotations

import hashlib
from typing import Protocol

import torch

from plmscope.saes.base import SAE
from plmscope.saes.errors import CheckpointMismatch

REMEDY = {
    "plm_id": "Embed with {trained} or choose another checkpoint.",
    "plm_revision": "Embed with revision {trained} of the model or choose another checkpoint.",
    "layer": "Embed layer {trained} (embedding.layers: [{trained}]) or choose another checkpoint.",
    "d_model": "Choose a checkpoint for activations of this width.",
    "token_rule": "Embed the proteins again with this version, or choose another checkpoint.",
}


class ActivationsOrigin(Protocol):
    """Where activations come from: an activation store's manifest has these fields."""

    @property
    def plm_id(self) -> str: ...  # noqa: D102
    @property
    def plm_revision(self) -> str: ...  # noqa: D102
    @property
    def layer(self) -> int: ...  # noqa: D102
    @property
    def d_model(self) -> int: ...  # noqa: D102
    @property
    def token_rule(self) -> str: ...  # noqa: D102


def fingerprint(sae: SAE) -> str:
    """The sha256 of an SAE's settings and weights, wherever it was loaded from."""
    digest = hashlib.sha256(sae.config.model_dump_json().encode())
    for name, value in sorted(sae.state_dict().items()):
        digest.update(name.encode())
        digest.update(value.detach().cpu().contiguous().view(-1).view(torch.uint8).numpy().data)
    return digest.hexdigest()


def check_compatible(sae: SAE, manifest: ActivationsOrigin) -> None:
    """Refuse an SAE that was trained on other activations than these.

    Fields that the checkpoint does not know (a published one may lack a revision) are not
    compared.

    Args:
        sae: On its device, with its input normalisation.
        manifest: Where the activations come from.

    Raises:
        CheckpointMismatch: Naming the first field that differs, both values and what to do.
    """
    trained_on = {**sae.provenance.model_dump(), "d_model": sae.d_model}
    for field, remedy in REMEDY.items():
        trained, given = trained_on[field], getattr(manifest, field)
        if trained is not None and trained != given:
            raise CheckpointMismatch(
                f"{field}: the SAE was trained on {trained!r}{_origin(sae)}, but the activations"
                f" are {given!r}. " + remedy.format(trained=trained)
            )


def _origin(sae: SAE) -> str:
    """What is known of where an SAE comes from, in brackets; "" if nothing is."""
    layer, plm_id = sae.provenance.layer, sae.provenance.plm_id
    known = [] if layer is None else [f"layer {layer}"]
    known += [] if plm_id is None else [f"of {plm_id}"]
    return f" ({' '.join(known)})" if known else ""
