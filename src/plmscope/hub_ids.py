"""Telling the id of a Hugging Face hub repository from a path."""

from __future__ import annotations

from pathlib import Path


def is_path(source: str) -> bool:
    """Whether what is not there was meant as a path: a repository is owner/name.

    That owner may also be a folder here; then only what the hub's cache knows is the hub's.
    """
    if source.startswith((".", "/", "~")) or source.count("/") != 1:
        return True
    if not Path(source).parent.is_dir():
        return False
    from huggingface_hub import constants

    return not Path(constants.HF_HUB_CACHE, f"models--{source.replace('/', '--')}").is_dir()
