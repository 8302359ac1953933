"""The atlas and the PLM of a run: loaded when they are first needed, and once."""

from __future__ import annotations

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
