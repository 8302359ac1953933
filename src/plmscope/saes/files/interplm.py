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

import json
import re
from pathlib import Path
from typing import Literal

import torch

from plmscope.saes.architectures.batch_topk import BatchTopKSAE
from plmscope.saes.architectures.jumprelu import JumpReLUSAE
from plmscope.saes.architectures.relu import ReLUSAE
from plmscope.saes.architectures.topk import TopKSAE
from plmscope.saes.base import SAE
from plmscope.saes.config import Provenance
from plmscope.saes.errors import CheckpointError
from plmscope.saes.files.state_dicts import (
    StateDict,
    read_state_dict,
    sizes_of,
    warn_not_scaled,
    what_it_is,
)
from plmscope.saes.linear import LinearSAE
from plmscope.saes.registry import make_sae

NORMALISED = "ae_normalized.pt"
UNNORMALISED = "ae_unnormalized.pt"
TRAINED = "ae.pt"
"""What training leaves, before the maxima are known."""
PUBLISHED_PLMS = {
    "InterPLM-esm2-8m": "facebook/esm2_t6_8M_UR50D",
    "InterPLM-esm2-650m": "facebook/esm2_t33_650M_UR50D",
}
"""Which PLM the two published repositories belong to."""

Architecture = Literal["relu", "relu_tied", "topk", "batch_topk", "jumprelu"]
DICTIONARY_CLASSES: dict[str, Architecture] = {
    "AutoEncoder": "relu",
    "AutoEncoderNew": "relu_tied",
    "AutoEncoderTopK": "topk",
    "BatchTopKSAE": "batch_topk",
    "MatryoshkaBatchTopKSAE": "batch_topk",
    "JumpReluAutoEncoder": "jumprelu",
}
"""dictionary_learning's names. Matryoshka's differs in training only."""


def find_interplm(folder: Path) -> Path | None:
    """The file to read in a folder of InterPLM or dictionary_learning, None if it is none."""
    return next((folder / n for n in (NORMALISED, TRAINED) if (folder / n).is_file()), None)


def load_interplm(path: str | Path, architecture: Architecture | None = None) -> SAE:
    """Read a checkpoint of InterPLM from disk. No code in it is run (`weights_only`).

    Args:
        path: A folder (its normalised file is read, or else `ae.pt`) or a `.pt` file.
        architecture: Needed for TopK and BatchTopK, whose files look the same, unless
            dictionary_learning's `config.json` beside the file says it.

    Raises:
        CheckpointError: If the file cannot be read safely, or is none of theirs.
    """
    file = find_interplm(Path(path)) or Path(path)
    return sae_from_file(file, read_state_dict(file), architecture)


def sae_from_file(file: Path, state: StateDict, architecture: Architecture | None = None) -> SAE:
    """As `load_interplm`, of a state dict that has been read."""
    try:
        sae = sae_from_interplm(state, architecture or _said_beside(file))
    except CheckpointError as error:
        raise CheckpointError(f"{file}: {error}") from error
    sae.provenance = _provenance(file)
    if file.name != NORMALISED and bool((sae.feature_scale == 1).all()):
        warn_not_scaled(file)
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
    state = _in_interplms_names(state)
    architecture = architecture or _architecture(state)
    _refuse_unused(state, architecture)
    try:
        weights = _without_dead_divisions(state)
        d_sae, d_model = sizes_of(weights, "encoder.weight")
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
        tied = "; a tied one's is encoder.weight.T" if error.args == ("decoder.weight",) else ""
        raise CheckpointError(
            f"not a {architecture} state dict of InterPLM: no {error}{tied}"
        ) from error
    if "activation_rescale_factor" in weights:
        scale = weights["activation_rescale_factor"]
        ours["feature_scale"] = torch.where(scale > 0, scale, 1.0)
    try:
        sae = make_sae(config).to(ours["W_enc"].dtype)
    except ValueError as error:
        raise CheckpointError(f"k = {config['k']} does not fit {d_sae} features") from error
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
    expected: dict[str, tuple[int, ...]] = {
        "encoder.bias": (d_sae,),
        "decoder.weight": (d_model, d_sae),
    }
    expected |= dict.fromkeys(set(_DECODER_BIAS.values()) & weights.keys(), (d_model,))
    expected |= dict.fromkeys({"activation_rescale_factor"} & weights.keys(), (d_sae,))
    expected |= dict.fromkeys({"k"} & weights.keys(), ())
    if "threshold" in weights:
        expected["threshold"] = () if "k" in weights else (d_sae,)
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
            " kedro run: --params evaluated_architecture=topk, or sae_architecture=topk)"
        )
    raise CheckpointError(
        f"none of the SAEs that are read (docs/saes.md lists them): {what_it_is(state)}"
    )


def _said_beside(file: Path) -> Architecture | None:
    """What dictionary_learning's `config.json` beside its `ae.pt` says of the architecture.

    Raises:
        CheckpointError: One that is not read.
    """
    try:
        name = json.loads((file.parent / "config.json").read_text())["trainer"]["dict_class"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    if name not in DICTIONARY_CLASSES:
        raise CheckpointError(
            f"a {name} of dictionary_learning is not read; these are:"
            f" {', '.join(DICTIONARY_CLASSES)}"
        )
    return DICTIONARY_CLASSES[name]


def _in_interplms_names(state: StateDict) -> StateDict:
    """What dictionary_learning's JumpReLU and Matryoshka call otherwise, and transpose."""
    if not {"W_enc", "W_dec", "b_enc", "b_dec", "threshold"} <= state.keys():
        return state
    renamed = {
        "encoder.weight": state["W_enc"].T.contiguous(),
        "encoder.bias": state["b_enc"],
        "decoder.weight": state["W_dec"].T.contiguous(),
        "b_dec" if "k" in state else "decoder.bias": state["b_dec"],
    }
    kept = state.keys() - {"W_enc", "W_dec", "b_enc", "b_dec", "group_sizes"}
    return renamed | {name: state[name] for name in kept}


def _provenance(file: Path) -> Provenance:
    """What the path says: the layer, and the PLM of the two published repositories."""
    layer = re.fullmatch(r"layer_(\d+)", file.parent.name)
    plm_id = next((plm for name, plm in PUBLISHED_PLMS.items() if name in str(file)), None)
    return Provenance(plm_id=plm_id, layer=int(layer[1]) if layer else None)
