"""Reading the SAEs that SAELens saves: a folder with `cfg.json` and `sae_weights.safetensors`.

Layout and formulas: SAELens 6.54, `sae_lens/saes` (github.com/decoderesearch/SAELens), and what
its loader makes of older versions. `W_enc` is `[d_in, d_sae]`, `W_dec` `[d_sae, d_in]`. What
differs from ours is folded into the weights, so that codes and reconstructions are the same:

| in `cfg.json` | there | here |
|---|---|---|
| `apply_b_dec_to_input` | for all architectures, or not | the architecture says |
| `rescale_acts_by_decoder_norm` | pre-activations times the decoder's norms | unit decoder rows |

A finished BatchTopK SAE is saved as a JumpReLU one; checkpoints of its training, Matryoshka or
not, have one `topk_threshold` instead, and become what they would have been saved as.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, PositiveFloat, PositiveInt, ValidationError

from plmscope.errors import describe_validation_error
from plmscope.saes.base import SAE
from plmscope.saes.errors import CheckpointError
from plmscope.saes.files.state_dicts import (
    StateDict,
    check_tensors,
    read_state_dict,
    warn_not_scaled,
)
from plmscope.saes.linear import LinearSAE
from plmscope.saes.registry import make_sae, sae_class

CONFIG = "cfg.json"
WEIGHTS = "sae_weights.safetensors"
_OUR_NAME = {
    "standard": "relu",
    "topk": "topk",
    "jumprelu": "jumprelu",
    "batchtopk": "jumprelu",
    "matryoshka_batchtopk": "jumprelu",
}
_FACTORS = ("scaling_factor", "finetuning_scaling_factor")
"""Of each feature; versions before 6 saved them where they were 1, too."""


class _Config(BaseModel):
    """The keys that decide what is computed; there are more."""

    d_in: PositiveInt
    d_sae: PositiveInt
    architecture: str = "standard"
    apply_b_dec_to_input: bool = True
    normalize_activations: str = "none"
    reshape_activations: Literal["none"] = "none"
    activation_fn: Literal["relu", "topk"] = "relu"
    rescale_acts_by_decoder_norm: bool = False
    k: PositiveFloat | None = None  # a BatchTopK's may be a fraction


def is_saelens(path: Path) -> bool:
    """Whether `path` is a folder in SAELens' layout, or the weights in one."""
    folder = path.parent if path.name == WEIGHTS else path
    return (folder / CONFIG).is_file() and (folder / WEIGHTS).is_file()


def load_saelens(path: Path) -> SAE:
    """Read one of SAELens' SAEs; its features are not scaled to [0, 1].

    Args:
        path: The folder, or the file with the weights in it.

    Raises:
        CheckpointError: It cannot be read, or computes what none of ours can.
    """
    folder = path.parent if path.name == WEIGHTS else path
    config = _read_config(folder / CONFIG)
    weights = read_state_dict(folder / WEIGHTS)
    _check_weights(weights, config, folder / WEIGHTS)
    sae = _make(config, weights)
    warn_not_scaled(folder)
    return sae.eval().requires_grad_(False)


def _read_config(path: Path) -> _Config:
    try:
        content = _in_todays_names(json.loads(path.read_text()))
        config = _Config.model_validate(content)
    except ValidationError as error:
        raise CheckpointError(
            f"{path} does not describe an SAE: {describe_validation_error(error)}"
        ) from error
    except (ValueError, AttributeError) as error:
        raise CheckpointError(f"{path} is not JSON: {error}") from error
    if config.architecture not in _OUR_NAME:
        raise CheckpointError(
            f"{path}: a {config.architecture} SAE of SAELens is not read; these are:"
            f" {', '.join(_OUR_NAME)}"
        )
    if config.normalize_activations != "none":
        raise CheckpointError(
            f"{path}: normalize_activations is {config.normalize_activations!r}, which is not"
            " read; fold it into the weights with SAELens and save the SAE again"
        )
    if config.architecture == "topk" and config.k not in range(1, config.d_sae + 1):
        raise CheckpointError(f"{path}: a topk SAE without k from 1 to d_sae = {config.d_sae}")
    return config


def _in_todays_names(content: dict[str, Any]) -> dict[str, Any]:
    """What versions before 6 wrote: other names, and TopK as an activation function."""
    named = {"activation_fn": content.get("activation_fn_str", "relu")} | content
    normalisation = content.get("normalize_activations")
    if normalisation in (None, False, True):
        named["normalize_activations"] = "expected_average_only_in" if normalisation else "none"
    if named["activation_fn"] == "topk":
        k = (content.get("activation_fn_kwargs") or {}).get("k")
        return named | {"architecture": "topk", "k": content.get("k", k)}
    return named


def _check_weights(weights: StateDict, config: _Config, path: Path) -> None:
    """Refuse tensors that are missing, of another shape, without use, or not finite."""
    d_in, d_sae = config.d_in, config.d_sae
    shapes: dict[str, tuple[int, ...]] = {"W_enc": (d_in, d_sae), "b_enc": (d_sae,)}
    shapes |= {"W_dec": (d_sae, d_in), "b_dec": (d_in,)}
    if config.architecture == "jumprelu":
        shapes["threshold"] = (d_sae,)
    elif _OUR_NAME[config.architecture] == "jumprelu":
        shapes["topk_threshold"] = ()
    given = weights.keys() - {n for n in _FACTORS if n in weights and bool((weights[n] == 1).all())}
    if odd := sorted(given ^ shapes.keys()):
        raise CheckpointError(
            f"{path}: a {config.architecture} SAE of SAELens holds {', '.join(shapes)}; here"
            f" {', '.join(map(repr, odd))} is missing or has no use"
        )
    check_tensors(weights, shapes, path, CONFIG)


def _make(config: _Config, weights: StateDict) -> SAE:
    name = _OUR_NAME[config.architecture]
    ours = {
        "W_enc": weights["W_enc"].T.contiguous(),
        "b_enc": weights["b_enc"],
        "W_dec": weights["W_dec"],
        "b_dec": weights["b_dec"],
    }
    kind = sae_class(name)
    assert issubclass(kind, LinearSAE)
    if kind.subtracts_b_dec != config.apply_b_dec_to_input:
        sign = 1 if kind.subtracts_b_dec else -1
        ours["b_enc"] = ours["b_enc"] + sign * ours["W_enc"] @ ours["b_dec"]
    if config.rescale_acts_by_decoder_norm:
        norms = ours["W_dec"].norm(dim=1).clamp_min(1e-8)  # as SAELens folds them
        ours["W_enc"], ours["b_enc"] = ours["W_enc"] * norms[:, None], ours["b_enc"] * norms
        ours["W_dec"] = ours["W_dec"] / norms[:, None]
    settings: dict[str, Any] = {"d_model": config.d_in, "d_sae": config.d_sae}
    if name == "topk":
        settings["k"] = config.k
    if name == "jumprelu":
        key = "threshold" if "threshold" in weights else "topk_threshold"
        ours["threshold"] = weights[key].expand(config.d_sae)
    sae = make_sae({"architecture": name} | settings)
    sae = sae.to(ours["W_enc"].dtype)
    sae.load_state_dict({**sae.state_dict(), **ours})
    return sae
