"""The atlas and the PLM of a run: loaded when they are first needed, and once."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from plmscope.dashboard.data.root import project_folder

if TYPE_CHECKING:
    from plmscope.atlas import Atlas
    from plmscope.plms import ProteinLanguageModel


@lru_cache(maxsize=1)
def load_models(atlas_folder: Path) -> tuple[Atlas, ProteinLanguageModel]:
    """The atlas in a folder, and its PLM, on the CPU.

    Args:
        atlas_folder: Of a run.

    Raises:
        PlmscopeError: One of them cannot be loaded.
    """
    from plmscope.atlas import load_atlas
    from plmscope.plms import load_plm

    atlas = load_atlas(atlas_folder)
    source = atlas.identity.plm_source
    in_project = project_folder() / source
    return atlas, load_plm(str(in_project) if in_project.is_dir() else source)


def activations_along(
    atlas: Atlas, plm: ProteinLanguageModel, sequence: str, features: Sequence[int]
) -> dict[int, list[list[float]]]:
    """Some features along a sequence.

    Args:
        atlas: The SAE.
        plm: Its PLM.
        sequence: One letter a residue.
        features: Their numbers.

    Returns:
        Position (1-based) and activation wherever each is active.
    """
    import torch

    layer = atlas.identity.layer
    (embedded,) = plm.embed([sequence], [layer], long_sequences="windows")
    with torch.inference_mode():
        values = atlas.sae.encode(embedded[layer], torch.tensor(list(features))).float().cpu()
    return {
        feature: [[int(place) + 1, round(float(own[place]), 4)] for place in own.nonzero()]
        for feature, own in zip(features, values.T, strict=True)
    }
