"""Sharing SAEs: a folder that is a Hugging Face hub repository, and its upload."""

from __future__ import annotations

from pathlib import Path

from plmscope.saes.base import SAE
from plmscope.saes.files.checkpoint import CheckpointConfig, read_config, save_sae

CARD = """\
---
library_name: plmscope
tags: [sparse-autoencoder, protein-language-model, interpretability]
{base_model}---

# Sparse autoencoders for {plm}

| layer | architecture | d_model | features | settings |
|---|---|---|---|---|
{rows}

Activations: residue rows of `hidden_states[layer]`; token rule: {token_rule}.
Input normalisation and feature scaling are inside the checkpoint: features lie in about [0, 1].

```python
from plmscope.saes import load_sae

sae = load_sae("<this repository or folder>", layer={layer})
features = sae.encode(activations)  # [n_residues, d_model] -> [n_residues, d_sae]
```
"""


def push_sae(sae: SAE, folder: str | Path, repo_id: str | None = None) -> Path:
    """Put an SAE into a hub repository's folder, with a model card; upload it if asked.

    Args:
        sae: The SAE; its provenance must know the layer.
        folder: The repository's folder. SAEs of other layers in it stay, and are in the card.
        repo_id: "owner/name" to upload to. Default: nothing leaves the machine.

    Returns:
        The folder of this layer, for `load_sae`.

    Raises:
        ValueError: If the layer is not known.
    """
    folder = Path(folder)
    if sae.provenance.layer is None:
        raise ValueError("sae.provenance.layer is not set: a repository has one folder per layer")
    target = folder / f"layer_{sae.provenance.layer}"
    save_sae(sae, target)
    (folder / "README.md").write_text(_model_card(folder, sae), encoding="utf-8")
    if repo_id is not None:
        from huggingface_hub import HfApi

        api = HfApi()
        api.create_repo(repo_id, exist_ok=True)
        api.upload_folder(repo_id=repo_id, folder_path=folder)
    return target


def _model_card(folder: Path, sae: SAE) -> str:
    """The README of the repository: every layer in it, and how to load one."""
    configs = [read_config(path) for path in folder.glob("layer_*")]
    configs.sort(key=lambda config: config.provenance.layer or 0)
    plm = sae.provenance.plm_id
    return CARD.format(
        base_model=f"base_model: {plm}\n" if plm and "/" in plm else "",
        plm=plm or "a protein language model",
        rows="\n".join(_card_row(config) for config in configs),
        token_rule=sae.provenance.token_rule or "not recorded",
        layer=sae.provenance.layer,
    )


def _card_row(config: CheckpointConfig) -> str:
    """One SAE in the card's table."""
    sae = config.sae
    own = sae.model_dump(exclude={"architecture", "d_model", "d_sae"})
    settings = ", ".join(f"{name} = {value}" for name, value in own.items())
    layer = config.provenance.layer
    return f"| {layer} | {sae.architecture} | {sae.d_model} | {sae.d_sae} | {settings} |"
