"""Reading the SAEs that SAELens saves: a folder with `cfg.json` and `sae_weights.safetensors`.

Layout and formulas: SAELens 6.54, `sae_lens/saes` (github.com/decoderesearch/SAELens). `W_enc` is
`[d_in, d_sae]`, `W_dec` `[d_sae, d_in]`. Its BatchTopK SAEs are saved as JumpReLU ones. What
differs from ours is folded into the weights, so that codes and reconstructions are the same:

| in `cfg.json` | there | here |
|---|---|---|
| `apply_b_dec_to_input` | for all architectures, or not | the architecture says |
| `rescale_acts_by_decoder_norm` | pre-activations times the decoder's norms | unit decoder rows |
"""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, PositiveInt, ValidationError
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from plmscope.errors import tell
from plmscope.saes.base import SAE
from plmscope.saes.config import sae_class
from plmscope.saes.errors import CheckpointError
from plmscope.saes.linear import LinearSAE
from plmscope.saes.registry import make_sae

logger = logging.getLogger(__name__)

CONFIG = "cfg.json"
WEIGHTS = "sae_weights.safetensors"
_OUR_NAME = {"standard": "relu", "topk": "topk", "jumprelu": "jumprelu"}


class _Config(BaseModel):
    """The keys that decide what is computed; there are more."""

    d_in: PositiveInt
    d_sae: PositiveInt
    architecture: str = "standard"
    apply_b_dec_to_input: bool = True
    normalize_activations: str = "none"
    reshape_activations: Literal["none"] = "none"
    rescale_acts_by_decoder_norm: bool = False
    k: PositiveInt | None = None


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
    try:
        weights = load_file(folder / WEIGHTS)
    except (OSError, SafetensorError) as error:
        raise CheckpointError(f"{folder / WEIGHTS} cannot be read: {error}") from error
    _check_tensors(weights, config, folder / WEIGHTS)
    sae = _make(config, weights)
    logger.warning(
        "%s: its features are not scaled to [0, 1]; call sae.calibrate(batches) before thresholds"
        " are applied to them", folder,
    )  # fmt: skip
    return sae.eval().requires_grad_(False)


def _read_config(path: Path) -> _Config:
    try:
        content = _in_todays_names(json.loads(path.read_text()))
        config = _Config.model_validate(content)
    except ValidationError as error:
        raise CheckpointError(f"{path} does not describe an SAE: {tell(error)}") from error
    except (ValueError, AttributeError) as error:
        raise CheckpointError(f"{path} is not JSON: {error}") from error
    if config.architecture not in _OUR_NAME:
        raise CheckpointError(
            f"{path}: a {config.architecture} SAE of SAELens is not read; these are:"
            f" {', '.join(_OUR_NAME)}, and batchtopk, which SAELens saves as jumprelu"
        )
    if config.normalize_activations != "none":
        raise CheckpointError(
            f"{path}: normalize_activations is {config.normalize_activations!r}, which is not"
            " read; fold it into the weights with SAELens and save the SAE again"
        )
    if config.architecture == "topk" and config.k is None:
        raise CheckpointError(f"{path}: a topk SAE without k")
    return config


def _in_todays_names(content: dict[str, Any]) -> dict[str, Any]:
    """What versions before 6 wrote: a standard SAE with TopK as its activation function."""
    function = content.get("activation_fn_str", content.get("activation_fn"))
    if function == "topk":
        k = (content.get("activation_fn_kwargs") or {}).get("k")
        return content | {"architecture": "topk", "k": content.get("k", k)}
    return content


def _check_tensors(weights: dict[str, Tensor], config: _Config, path: Path) -> None:
    """Refuse tensors that are missing, of another shape, without use, or not finite."""
    d_in, d_sae = config.d_in, config.d_sae
    shapes = {"W_enc": (d_in, d_sae), "b_enc": (d_sae,), "W_dec": (d_sae, d_in), "b_dec": (d_in,)}
    if config.architecture == "jumprelu":
        shapes["threshold"] = (d_sae,)
    if odd := sorted(weights.keys() ^ shapes.keys()):
        raise CheckpointError(
            f"{path}: a {config.architecture} SAE of SAELens holds {', '.join(shapes)}; here"
            f" {', '.join(map(repr, odd))} is missing or has no use"
        )
    for name, shape in shapes.items():
        if tuple(weights[name].shape) != shape:
            raise CheckpointError(
                f"{path}: {name!r} has shape {tuple(weights[name].shape)}; {CONFIG} says {shape}"
            )
        if not weights[name].isfinite().all():
            raise CheckpointError(f"{path}: {name!r} holds values that are not finite numbers")


def _make(config: _Config, weights: dict[str, Tensor]) -> SAE:
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
        norms = ours["W_dec"].norm(dim=1)
        ours["W_enc"], ours["b_enc"] = ours["W_enc"] * norms[:, None], ours["b_enc"] * norms
        ours["W_dec"] = ours["W_dec"] / norms[:, None]
    if "threshold" in weights:
        ours["threshold"] = weights["threshold"]
    settings = {"architecture": name, "d_model": config.d_in, "d_sae": config.d_sae}
    sae = make_sae(settings | ({"k": config.k} if name == "topk" else {}))
    sae = sae.to(ours["W_enc"].dtype)
    sae.load_state_dict({**sae.state_dict(), **ours})
    return sae
