"""Settings in layers: conf/base, then an environment, then the command line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from kedro.config import OmegaConfigLoader
from omegaconf import DictConfig, OmegaConf

TRAINED = ("sae", "training")
"""Groups that an environment which trains something else gives whole."""


class LayeredConfigLoader(OmegaConfigLoader):
    """Merges parameters key by key: what a layer does not say is as in the layers below.

    But settings of one architecture mean nothing for another, so that

    - an environment that names another architecture or preset replaces the groups `sae` and
      `training` whole; on the command line only the group that is named;
    - `search.architectures` is always replaced whole.
    """

    def _resolve_from_raw_config(
        self,
        key: str,
        base_configs: dict[Path, DictConfig],
        env_configs: dict[Path, DictConfig],
        *args: Any,
        **kwargs: Any,
    ) -> dict[str, Any]:
        if key != "parameters":
            return super()._resolve_from_raw_config(key, base_configs, env_configs, *args, **kwargs)
        layered = OmegaConf.create()
        for configs in (base_configs, env_configs):
            layered = _put_over(layered, OmegaConf.unsafe_merge({}, *configs.values()), TRAINED)
        named = OmegaConf.create(self.runtime_params or {})
        layered = _put_over(layered, named, [group for group in TRAINED if group in named])
        return OmegaConf.to_container(layered, resolve=True)  # type: ignore[return-value]


def _put_over(below: Any, above: Any, replaced: Sequence[str]) -> Any:
    """Merge a layer over those below it.

    Args:
        below: The layers below, left as they are.
        above: The layer.
        replaced: The groups it replaces whole if it trains something else.
    """
    below = below.copy()
    if _names_another("sae", "architecture", below, above) or _names_another(
        "training", "preset", below, above
    ):
        for group in replaced:
            below.pop(group, None)
    if "architectures" in _group("search", above):
        _group("search", below).pop("architectures", None)
    return OmegaConf.unsafe_merge(below, above)


def _names_another(group: str, key: str, below: Any, above: Any) -> bool:
    named = _group(group, above).get(key)
    return named is not None and named != _group(group, below).get(key)


def _group(name: str, layer: Any) -> Any:
    group = layer.get(name)
    return group if isinstance(group, Mapping) else {}
