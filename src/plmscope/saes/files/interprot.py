"""Reading InterProt's TopK SAEs (Adams et al. 2025): liambai/InterProt-ESM2-SAEs on the hub.

A file `esm2_plm<d_model>_l<layer>_sae<d_sae>….safetensors` (or .pt, or a .ckpt of Lightning) holds
`w_enc (d, F)`, `b_enc (F)`, `w_dec (F, d)`, `b_pre (d)`, and `stats_last_nonzero (F)`, which only
training needs. `k` is nowhere in it, at best in its name (`_k64`), and cannot be guessed.
"""

from __future__ import annotations

import logging
import re
from pathlib import Path

from plmscope.saes.architectures.layer_norm_topk import N_STATISTICS
from plmscope.saes.base import SAE
from plmscope.saes.config import Provenance
from plmscope.saes.errors import CheckpointError
from plmscope.saes.files.state_dicts import StateDict, check_tensors, sizes_of, warn_not_scaled
from plmscope.saes.registry import make_sae

logger = logging.getLogger(__name__)

PUBLISHED, PUBLISHED_PLM = "InterProt-ESM2-SAEs", "facebook/esm2_t33_650M_UR50D"
_KEYS = {"w_enc", "w_dec", "b_enc", "b_pre"}
_ONLY_FOR_TRAINING = "stats_last_nonzero"


def is_interprot(state: StateDict) -> bool:
    """Whether a state dict has InterProt's keys."""
    return state.keys() - {_ONLY_FOR_TRAINING} == _KEYS


def layer_in(name: str) -> int | None:
    """The layer that a file's name gives."""
    found = re.search(r"_l(\d+)_", name)
    return int(found[1]) if found else None


def sae_from_interprot(state: StateDict, file: Path, k: int | None = None) -> SAE:
    """Make an SAE of InterProt's state dict; its features are not scaled to [0, 1].

    Args:
        state: The state dict.
        file: Where it comes from.
        k: Features kept for each residue, if the file's name does not say so.

    Raises:
        CheckpointError: `k` is not known, weights do not fit each other, or are not finite.
    """
    in_name = re.search(r"_k(\d+)(?=[_.-])", file.name)
    if k is None and in_name:
        k = int(in_name[1])
    if k is None:
        raise CheckpointError(
            f"{file} is a TopK SAE of InterProt, and neither the file nor its name (as in _k64)"
            " says how many features it keeps for a residue: say k=64, or what it was trained"
            " with (in kedro run: --params evaluated_k=64, or sae_k=64 to import it)"
        )
    d_model, n_latents = sizes_of(state, "w_enc", f"{file}: ")
    shapes = {"w_enc": (d_model, n_latents), "b_enc": (n_latents,)}
    shapes |= {"w_dec": (n_latents, d_model), "b_pre": (d_model,)}
    check_tensors(state, shapes, file, "'w_enc'")
    d_sae = n_latents + N_STATISTICS
    config = {"architecture": "layer_norm_topk", "d_model": d_model, "d_sae": d_sae, "k": k}
    try:
        sae = make_sae(config).to(state["w_enc"].dtype)
    except ValueError as error:
        raise CheckpointError(f"{file} has {n_latents} features, so not k = {k}") from error
    ours = {
        "W_enc": state["w_enc"].T.contiguous(),
        "b_enc": state["b_enc"],
        "W_dec": state["w_dec"],
        "b_dec": state["b_pre"],
    }
    sae.load_state_dict({**sae.state_dict(), **ours})
    sae.provenance = Provenance(
        plm_id=PUBLISHED_PLM if PUBLISHED in str(file) else None,
        layer=layer_in(file.name),
    )
    warn_not_scaled(file)
    logger.info(
        "%s: features 0 to %d are InterProt's, the last %d a residue's deviation and mean",
        file, n_latents - 1, N_STATISTICS,
    )  # fmt: skip
    return sae.eval()
