"""Writing the stores of a job: every layer in one pass, shard by shard, resumable."""

import logging
from pathlib import Path

import pandas as pd
from tqdm import tqdm

from plmscope.activations.job import StoreJob
from plmscope.activations.manifest import (
    HASH_DIGITS,
    INDEX,
    ActivationStoreError,
    ShardRecord,
    StoreManifest,
    point_to,
)
from plmscope.activations.shard import shard_name, verify_shard, write_shard
from plmscope.files import write_then_rename

logger = logging.getLogger(__name__)


def write_store(root: Path, job: StoreJob) -> dict[int, Path]:
    """Write one store per layer of a job, computing only the shards that are not there.

    A killed run continues where it was; a finished store computes nothing; a torn or damaged
    shard is computed again.

    Args:
        root: Folder of the PLM's stores.
        job: What to store.

    Returns:
        The folder of each layer's store, from now on the current one of its layer.
    """
    folders = {
        layer: root / f"layer_{layer}" / job.content_hash(layer)[:HASH_DIGITS]
        for layer in job.layers
    }
    records = [_sound_shards(folders, job, number) for number in range(len(job.shards))]
    pending = [number for number, found in enumerate(records) if len(found) < len(folders)]
    logger.info(
        "%s, layers %s: %d proteins, %d of %d shards to compute",
        job.plm_id,
        ", ".join(map(str, job.layers)),
        len(job.accessions),
        len(pending),
        len(job.shards),
    )
    total = sum(job.n_residues_of(job.shards[number]) for number in pending)
    with tqdm(
        total=total, desc="Embedding", unit="residue", unit_scale=True, disable=not pending
    ) as progress:
        for number in pending:
            records[number] = make_shard(folders, job, number)
            progress.update(job.n_residues_of(job.shards[number]))
    for layer, folder in folders.items():
        _finish(folder, job, layer, tuple(found[layer] for found in records))
    return folders


def make_shard(folders: dict[int, Path], job: StoreJob, number: int) -> dict[int, ShardRecord]:
    """Compute one shard for the layers that lack it: the idempotent unit of work.

    Args:
        folders: The store of each layer.
        job: What to store.
        number: Which shard.

    Returns:
        The shard's record in the manifest of each layer.

    Raises:
        ActivationStoreError: The PLM gave other than one row per residue.
    """
    found = _sound_shards(folders, job, number)
    missing = [layer for layer in folders if layer not in found]
    computed = job.compute(job.shards[number], missing) if missing else {}
    shape = (job.n_residues_of(job.shards[number]), job.d_model)
    for layer, x in computed.items():
        if x.shape != shape:
            raise ActivationStoreError(
                f"{job.plm_id} gave activations of shape {tuple(x.shape)} for shard {number} at"
                f" layer {layer}, where one row per residue makes {shape}."
            )
    return found | {
        layer: write_shard(folders[layer] / shard_name(number), computed[layer], job.dtype)
        for layer in missing
    }


def _sound_shards(folders: dict[int, Path], job: StoreJob, number: int) -> dict[int, ShardRecord]:
    """The records of one shard for the layers that have it, undamaged."""
    found = {}
    for layer, folder in folders.items():
        path = folder / shard_name(number)
        if path.exists():
            try:
                found[layer] = verify_shard(path, job.d_model)
            except ActivationStoreError as error:
                logger.warning("%s Doing so now.", error)
    return found


def _finish(folder: Path, job: StoreJob, layer: int, records: tuple[ShardRecord, ...]) -> None:
    """Write the index, then the manifest, then make the store the current one of its layer."""
    with write_then_rename(folder / INDEX) as temporary:
        _index(job).to_parquet(temporary, index=False)
    manifest = StoreManifest(
        plm_id=job.plm_id,
        plm_revision=job.plm_revision,
        layer=layer,
        d_model=job.d_model,
        dtype=job.dtype,
        token_rule=job.token_rule,
        content_hash=job.content_hash(layer),
        proteins_hash=job.proteins_hash,
        shards=records,
    )
    manifest.write(folder)
    point_to(folder)
    for leftover in folder.glob(".*.tmp"):  # of runs that were killed
        leftover.unlink()
    logger.info(
        "Layer %d: %d residues stored as %s in %s (variance lost by rounding: %.2g)",
        layer,
        manifest.n_residues,
        job.dtype,
        folder,
        manifest.rounding_fvu,
    )


def _index(job: StoreJob) -> pd.DataFrame:
    """Where each protein is: accession, shard, first_row, n_rows."""
    index = pd.DataFrame({"accession": job.accessions, "n_rows": job.lengths})
    index["shard"] = [number for number, proteins in enumerate(job.shards) for _ in proteins]
    index["first_row"] = index.groupby("shard")["n_rows"].cumsum() - index["n_rows"]
    return index[["accession", "shard", "first_row", "n_rows"]]
