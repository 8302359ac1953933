"""An atlas as a folder: `atlas.json` with the sha256 of every other file, which is written last."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
from pydantic import ValidationError

from plmscope.atlas.atlas import Atlas
from plmscope.atlas.card import model_card
from plmscope.atlas.errors import AtlasError
from plmscope.atlas.feature_table import FEATURE_COLUMNS, FEATURES, feature_csv, refuse_other_sae
from plmscope.atlas.identity import FORMAT_VERSION, AtlasIdentity
from plmscope.disk.files import (
    read_sealed_json,
    sha256_of_file,
    write_sealed_json,
    write_then_rename,
)
from plmscope.disk.parquet import read_parquet, write_parquet
from plmscope.disk.versions import newest
from plmscope.errors import DamagedFileError, describe_validation_error
from plmscope.hub_ids import is_path
from plmscope.saes import CheckpointError, fingerprint, load_sae, save_sae

MANIFEST = "atlas.json"
SAE_FOLDER = "sae"
TABLES = ("precision", "proteins", "profiles", "examples")
REMEDY = "Fetch it again, or make it again: kedro run --pipelines feature_reporting"


def save_atlas(atlas: Atlas, folder: str | Path) -> None:
    """Write an atlas, whole or not at all; one that is there is replaced.

    Args:
        atlas: The atlas.
        folder: Where to.
    """
    with write_then_rename(Path(folder)) as temporary:
        temporary.mkdir()
        save_sae(atlas.sae, temporary / SAE_FOLDER)
        write_parquet(atlas.features, temporary / FEATURES)
        (temporary / "features.csv").write_text(feature_csv(atlas.features), encoding="utf-8")
        columns = pd.DataFrame(FEATURE_COLUMNS.items(), columns=["column", "meaning"])
        (temporary / "columns.csv").write_text(columns.to_csv(index=False), encoding="utf-8")
        for name in TABLES:
            write_parquet(getattr(atlas, name), temporary / f"{name}.parquet")
        (temporary / "README.md").write_text(model_card(atlas), encoding="utf-8")
        write_sealed_json(
            temporary / MANIFEST,
            {
                "format_version": FORMAT_VERSION,
                "identity": atlas.identity.model_dump(mode="json"),
                "files": _hashes(temporary),
            },
        )


def load_atlas(source: str | Path, device: str = "cpu") -> Atlas:
    """Read an atlas and check every file of it; nothing in it is run.

    Args:
        source: Its folder, the dataset `atlas` of a run (the newest version is read), or its id on
            the Hugging Face hub ("owner/name").
        device: Where to put the SAE, as torch names it.

    Raises:
        AtlasError: It is not there, damaged, or of another format version.
    """
    folder = _find(source)
    identity = read_identity(folder)
    try:
        sae = load_sae(folder / SAE_FOLDER, device=device)
    except CheckpointError as error:
        raise AtlasError(f"{folder}: its SAE cannot be used: {error}") from error
    features = read_parquet(folder / FEATURES, REMEDY)
    refuse_other_sae(features, identity.sae_sha256, str(folder / FEATURES))
    if fingerprint(sae) != identity.sae_sha256 or sae.provenance.layer not in (
        None,
        identity.layer,
    ):
        raise AtlasError(f"{folder / SAE_FOLDER} is not the SAE of this atlas. {REMEDY}")
    tables = {name: read_parquet(folder / f"{name}.parquet", REMEDY) for name in TABLES}
    return Atlas(identity, sae, features, **tables)


def read_identity(folder: Path) -> AtlasIdentity:
    """What an atlas is about, after every file of it has been checked.

    Raises:
        AtlasError: A file is missing or not what was written, or the format is of another version.
    """
    path = folder / MANIFEST
    try:
        content = read_sealed_json(path, REMEDY)
    except FileNotFoundError as error:
        raise AtlasError(f"{folder} is no atlas: there is no {MANIFEST} in it.") from error
    except DamagedFileError as error:
        raise AtlasError(str(error)) from error
    version = content.get("format_version")
    if version != FORMAT_VERSION:
        raise AtlasError(
            f"{path} has format version {version}, this version of PLMscope reads"
            f" {FORMAT_VERSION}. Install the version of PLMscope that made it, or make it again."
        )
    _check_files(folder, content["files"])
    try:
        return AtlasIdentity.model_validate(content["identity"])
    except ValidationError as error:
        raise AtlasError(
            f"{path} does not say what the atlas is about: {describe_validation_error(error)}"
        ) from error


def _hashes(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): sha256_of_file(path) for path in files}


def _check_files(folder: Path, hashes: dict[str, Any]) -> None:
    for name, sha256 in hashes.items():
        path = folder / name
        if not path.is_file():
            raise AtlasError(f"{path} is missing from the atlas. {REMEDY}")
        if sha256_of_file(path) != sha256:
            raise AtlasError(f"{path} is damaged: its sha256 is not that in {MANIFEST}. {REMEDY}")


def _find(source: str | Path) -> Path:
    path = newest(Path(source).expanduser())
    if path.is_dir():
        return path
    if is_path(str(source)):
        raise AtlasError(
            f"{source} is no atlas: there is no such folder. Give an atlas's folder or hub id"
            " (owner/name), or make one: kedro run"
        )
    from huggingface_hub import snapshot_download

    try:
        return Path(snapshot_download(str(source)))
    except (OSError, ValueError) as error:
        raise AtlasError(
            f"{source} is no local folder and could not be fetched from the Hugging Face hub"
            f" ({type(error).__name__}). Check the name, or the network."
        ) from error
