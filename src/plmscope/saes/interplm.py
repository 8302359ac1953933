"""Reading and writing InterPLM's state dicts (Simon & Zou 2025), and its published folders.

A folder `layer_N` holds `ae_normalized.pt`, with each feature's maximum folded into the weights,
and `ae_unnormalized.pt`. Both reconstruct the same. Key names, `F` features, `d` dimensions:

| architecture     | keys                                                                        |
|------------------|-----------------------------------------------------------------------------|
| ReLU             | `bias (d)`, `encoder.weight (F, d)`, `encoder.bias`, `decoder.weight (d, F)` |
| tied ReLU        | `decoder.bias (d)`, which the encoder does not subtract, the rest as above   |
| TopK, BatchTopK  | `b_dec (d)`, `k`, `threshold`, encoder and decoder as above                 |
| JumpReLU         | `threshold (F)`, `decoder.bias (d)`, encoder and decoder as above           |

`activation_rescale_factor (F)`, each feature's maximum, is our `feature_scale`.
"""

from __future__ import annotations

import logging
import re
from pathlib import Path
from pickle import UnpicklingError
from typing import Literal

import torch
from torch import Tensor

from plmscope.saes.base import SAE
from plmscope.saes.batch_topk import BatchTopKSAE
from plmscope.saes.config import Provenance
from plmscope.saes.errors import CheckpointError
from plmscope.saes.jumprelu import JumpReLUSAE
from plmscope.saes.linear import LinearSAE
from plmscope.saes.registry import make_sae
from plmscope.saes.relu import ReLUSAE
from plmscope.saes.topk import TopKSAE

logger = logging.getLogger(__name__)

NORMALISED = "ae_normalized.pt"
UNNORMALISED = "ae_unnormalized.pt"
TRAINED = "ae.pt"
"""What training leaves, before the maxima are known."""
PUBLISHED_PLMS = {
    "InterPLM-esm2-8m": "facebook/esm2_t6_8M_UR50D",
    "InterPLM-esm2-650m": "facebook/esm2_t33_650M_UR50D",
}
"""Which PLM the two published repositories belong to."""

INTERPROT_KEYS = {"w_enc", "w_dec", "b_enc", "b_pre"}
NOT_INTERPROT = (
    "an SAE of InterProt (Adams et al. 2025), which is not read: it scales each residue by that"
    " residue's own mean and deviation, so that its features alone do not give back an activation"
)
"""github.com/etowahadams/interprot, interprot/sae_model.py."""

StateDict = dict[str, Tensor]
Architecture = Literal["relu", "relu_tied", "topk", "batch_topk", "jumprelu"]


def is_interplm(path: Path) -> bool:
    """Whether `path` is one of InterPLM's files, or a folder with one that can be told."""
    return path.suffix == ".pt" or (path / NORMALISED).exists() or (path / TRAINED).exists()


def load_interplm(path: str | Path, architecture: Architecture | None = None) -> SAE:
    """Read a checkpoint of InterPLM from disk. No code in it is run (`weights_only`).

    Args:
        path: A folder (its normalised file is read, or else `ae.pt`) or a `.pt` file.
        architecture: Needed for TopK and BatchTopK, whose files look the same.

    Raises:
        CheckpointError: If the file cannot be read safely, or is none of theirs.
    """
    path = Path(path)
    file = path
    if path.is_dir():
        file = path / (NORMALISED if (path / NORMALISED).exists() else TRAINED)
    try:
        state = torch.load(file, map_location="cpu", weights_only=True)
    except (OSError, RuntimeError, UnpicklingError, EOFError) as error:
        raise CheckpointError(f"{file} cannot be read as a plain state dict: {error}") from error
    if not isinstance(state, dict) or not all(isinstance(v, Tensor) for v in state.values()):
        raise CheckpointError(f"{file} is not a state dict: it holds other things than tensors")
    try:
        sae = sae_from_interplm(state, architecture)
    except CheckpointError as error:
        raise CheckpointError(f"{file}: {error}") from error
    sae.provenance = _provenance(file)
    if file.name != NORMALISED and bool((sae.feature_scale == 1).all()):
        logger.warning(
            "%s: its features are not scaled to [0, 1]; call sae.calibrate(batches) before "
            "thresholds are applied to them", file,
        )  # fmt: skip
    return sae.eval().requires_grad_(False)


def sae_from_interplm(state: StateDict, architecture: Architecture | None = None) -> SAE:
    """Make an SAE of a state dict with InterPLM's key names.

    Args:
        state: The state dict.
        architecture: Needed for TopK and BatchTopK, whose keys are the same.

    Raises:
        CheckpointError: If a key is missing, or the architecture cannot be told.
    """
    if bool(state.get("normalize_to_sqrt_d", False)):
        raise CheckpointError(
            "normalize_to_sqrt_d is set: this SAE scales each residue to norm sqrt(d), which is "
            "not supported"
        )
    architecture = architecture or _architecture(state)
    _refuse_unused(state, architecture)
    try:
        weights = _without_dead_divisions(state)
        d_sae, d_model = weights["encoder.weight"].shape
        _check_shapes(weights, d_sae, d_model)
        ours_is = "relu" if architecture == "relu_tied" else architecture
        config = {"architecture": ours_is, "d_model": d_model, "d_sae": d_sae}
        if architecture in ("topk", "batch_topk"):
            config["k"] = int(weights["k"])
        ours = {
            "W_enc": weights["encoder.weight"],
            "b_enc": weights["encoder.bias"],
            "W_dec": weights["decoder.weight"].T,
            "b_dec": weights[_DECODER_BIAS[architecture]],
        }
        if architecture == "relu_tied":  # ours subtracts b_dec before the encoder
            ours["b_enc"] = ours["b_enc"] + ours["W_enc"] @ ours["b_dec"]
        elif architecture != "relu":
            ours["threshold"] = weights["threshold"]
    except KeyError as error:
        raise CheckpointError(f"not a {architecture} state dict of InterPLM: no {error}") from error
    if "activation_rescale_factor" in weights:
        scale = weights["activation_rescale_factor"]
        ours["feature_scale"] = torch.where(scale > 0, scale, 1.0)
    sae = make_sae(config).to(ours["W_enc"].dtype)
    sae.load_state_dict({**sae.state_dict(), **ours})
    return sae


@torch.no_grad()
def to_interplm(sae: SAE) -> StateDict:
    """The state dict that InterPLM's class of the same architecture loads.

    Input normalisation, which InterPLM does not have, is folded into the weights; the decoder's
    rows then have the norm of the input scale.

    Args:
        sae: A ReLU, TopK, BatchTopK or JumpReLU SAE.

    Raises:
        TypeError: If InterPLM has no such architecture.
    """
    if type(sae) not in (ReLUSAE, TopKSAE, BatchTopKSAE, JumpReLUSAE):
        raise TypeError(f"InterPLM has no {sae.config.architecture} SAE")
    assert isinstance(sae, LinearSAE)
    scale, mean = sae.input_scale, sae.input_mean
    W_enc, b_enc = sae.W_enc / scale, sae.b_enc.clone()
    if not sae.subtracts_b_dec:
        b_enc -= W_enc @ mean
    state = {
        "encoder.weight": W_enc,
        "encoder.bias": b_enc,
        "decoder.weight": (sae.W_dec * scale).T.contiguous(),
        _DECODER_BIAS[sae.config.architecture]: sae.b_dec * scale + mean,
        "activation_rescale_factor": sae.feature_scale.clone(),
        "normalize_to_sqrt_d": torch.tensor(False),
    }
    if isinstance(sae, (TopKSAE, BatchTopKSAE)):
        state["k"] = torch.tensor(sae.config.k, dtype=torch.int32)
    if isinstance(sae, (TopKSAE, BatchTopKSAE, JumpReLUSAE)):
        state["threshold"] = sae.threshold.detach().clone()
    return state


def _refuse_unused(state: StateDict, architecture: Architecture) -> None:
    """Refuse keys that this architecture has no use for: it may be another one's file.

    Raises:
        CheckpointError: Naming them.
    """
    known = {"encoder.weight", "encoder.bias", "decoder.weight", _DECODER_BIAS[architecture]}
    known |= {"activation_rescale_factor", "normalize_to_sqrt_d"}
    if architecture not in ("relu", "relu_tied"):
        known |= {"threshold"} if architecture == "jumprelu" else {"k", "threshold"}
    if unused := sorted(state.keys() - known):
        raise CheckpointError(
            f"a {architecture} SAE of InterPLM has no {' or '.join(map(repr, unused))}: the file is"
            " of another architecture or of another program"
        )


def _check_shapes(weights: StateDict, d_sae: int, d_model: int) -> None:
    """Refuse weights that do not fit the encoder's.

    Raises:
        CheckpointError: Naming the first.
    """
    expected = {"encoder.bias": (d_sae,), "decoder.weight": (d_model, d_sae)}
    expected |= dict.fromkeys(set(_DECODER_BIAS.values()) & weights.keys(), (d_model,))
    expected |= dict.fromkeys({"activation_rescale_factor"} & weights.keys(), (d_sae,))
    for name, shape in expected.items():
        if tuple(weights[name].shape) != shape:
            raise CheckpointError(
                f"{name!r} has shape {tuple(weights[name].shape)}; beside an encoder of {d_sae}"
                f" features and {d_model} dimensions it must be {shape}"
            )


def _without_dead_divisions(state: StateDict) -> StateDict:
    """Weights with zeros where features that never fired were divided by their maximum of 0.

    Such a feature's decoder column was multiplied by the same 0, so that it is known by that.

    Raises:
        CheckpointError: Another value is not a finite number.
    """
    never_fired = (state["decoder.weight"] == 0).all(0)
    weights = {}
    for name, value in state.items():
        is_divided = name in _DIVIDED and value.shape[:1] == never_fired.shape
        broken = ~value.isfinite()
        if is_divided:
            broken[never_fired] = False
        if broken.any():
            raise CheckpointError(
                f"{int(broken.sum())} of {value.numel()} values of {name!r} are not finite numbers"
            )
        weights[name] = torch.nan_to_num(value, 0, 0, 0) if is_divided else value
    return weights


_DIVIDED = ("encoder.weight", "encoder.bias", "threshold")
_DECODER_BIAS = {
    "relu": "bias",
    "relu_tied": "decoder.bias",
    "topk": "b_dec",
    "batch_topk": "b_dec",
    "jumprelu": "decoder.bias",
}


def _architecture(state: StateDict) -> Architecture:
    """Tell the architecture from the keys."""
    if "bias" in state:
        return "relu"
    if "decoder.bias" in state:
        return "jumprelu" if "threshold" in state else "relu_tied"
    if "k" in state:
        raise CheckpointError(
            'TopK and BatchTopK have the same keys: say architecture="topk" or "batch_topk" (in'
            " kedro run: --params evaluated_architecture=topk)"
        )
    if state.keys() >= INTERPROT_KEYS:
        raise CheckpointError(NOT_INTERPROT)
    raise CheckpointError(f"not a state dict of InterPLM; its keys are {sorted(state)}")


def _provenance(file: Path) -> Provenance:
    """What the path tells: the layer, and the PLM of the two published repositories."""
    layer = re.fullmatch(r"layer_(\d+)", file.parent.name)
    plm_id = next((plm for name, plm in PUBLISHED_PLMS.items() if name in str(file)), None)
    return Provenance(plm_id=plm_id, layer=int(layer[1]) if layer else None)
