"""Sharing an atlas on the Hugging Face hub."""

from __future__ import annotations

from pathlib import Path

from plmscope.atlas.files import read_identity
from plmscope.disk.versions import newest


def push_atlas(folder: str | Path, repo_id: str) -> None:
    """Upload an atlas as it lies in its folder; `load_atlas(repo_id)` reads it from there.

    Args:
        folder: As `save_atlas` wrote it, or the dataset `atlas` of a run (the newest version).
        repo_id: "owner/name"; made if it is not there.

    Raises:
        AtlasError: The folder holds no sound atlas.
    """
    from huggingface_hub import HfApi

    path = newest(Path(folder).expanduser())
    read_identity(path)
    api = HfApi()
    api.create_repo(repo_id, exist_ok=True)
    api.upload_folder(repo_id=repo_id, folder_path=path)
