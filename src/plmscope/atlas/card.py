"""The model card of an atlas: the README of its folder, as the Hugging Face hub shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from plmscope.atlas.atlas import Atlas

CARD = """\
---
library_name: plmscope
license: {licence}
tags: [sparse-autoencoder, protein-language-model, interpretability]
{base_model}---

# PLMscope atlas: layer {layer} of {plm_id}

What a sparse autoencoder (SAE) sees in proteins at layer {layer} of {plm_id}, and how far to
believe it.

| | |
|---|---|
| SAE | {architecture}, {d_sae} features, sha256 `{sae_sha256}` |
| PLM | {plm_id}, revision `{plm_revision}` |
| named features | {n_named} |
| concepts called | {n_concepts} |
| proteins compared with | {n_proteins} |

```
plmscope explain my.fasta --atlas <this folder or repository> --output explained
```

```python
import plmscope

plmscope.load_feature_table("<this folder or repository>")  # pandas alone, no torch
plmscope.explain("MKTAYIAKQR…", atlas="<this folder or repository>").calls
```

## How far to believe it

Concepts and thresholds were chosen on one split of the proteins (valid) and scored once on another
(test); no homology cluster is in two splits. A call states the fraction of held-out calls of about
the same peak that touch an annotation (`precision.parquet`). UniProt is incomplete, so that this
is rather too low than too high for well studied proteins; for proteins unlike those compared with
it has not been measured.

## Files

| file | holds |
|---|---|
| `atlas.json` | what the atlas is about, and the sha256 of every other file |
| `sae/` | the SAE's checkpoint |
| `features.parquet`, `features.csv` | the feature table; `columns.csv` explains its columns |
| `precision.parquet` | the pairs by which concepts are called, and their precision by peak |
| `proteins.parquet`, `profiles.parquet` | the proteins compared with, what stands out in each |
| `examples.parquet` | the best known proteins of each feature |

## Sources and licence

Licence: {licence}.
{sources}
"""


def model_card(atlas: Atlas) -> str:
    """The card, in Markdown."""
    identity, sae = atlas.identity, atlas.sae
    is_on_hub = "/" in identity.plm_source
    return CARD.format(
        **identity.model_dump(exclude={"sources"}),
        base_model=f"base_model: {identity.plm_source}\n" if is_on_hub else "",
        architecture=sae.config.architecture,
        d_sae=sae.d_sae,
        n_named=int((atlas.features["name"] != "").sum()),
        n_concepts=len(atlas.pairs),
        sources="\n".join(f"- {source}" for source in identity.sources) or "Sources: not recorded.",
    )
