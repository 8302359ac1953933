"""Writing the stores of a job: every layer in one pass, shard by shard, resumable."""

import logging
import time
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from plmscope.activations.store.checks import check_once
from plmscope.activations.store.index import read_index, write_index
from plmscope.activations.store.manifest import (
    HASH_DIGITS,
    MANIFEST,
    REMEDY,
    ActivationStoreError,
    ShardRecord,
    StoreManifest,
    point_to,
)
from plmscope.activations.store.shard import (
    open_shard,
    shard_name,
    write_shard,
)
from plmscope.activations.store.store import ActivationStore
from plmscope.activations.writing.computing import compute_activations
from plmscope.activations.writing.job import StoreJob
from plmscope.activations.writing.receipts import KnownShards, write_receipt
from plmscope.disk.files import local_copy, remove_leftovers
from plmscope.disk.locks import writing_alone
from plmscope.disk.places import is_remote
from plmscope.executors import Advance, run_tasks
from plmscope.progress import show_progress

logger = logging.getLogger(__name__)

Folders = dict[int, Path]
"""The store of each layer."""


def write_store(root: Path, job: StoreJob) -> Folders:
    """Write one store per layer of a job, computing only the shards that are not there.

    A killed run continues where it was; a finished, sound store computes and writes nothing; a
    torn or damaged shard is computed again. Of two runs at once, the second waits for the first
    and finds its shards. At a URL nobody waits: both compute what neither has finished, and put the
    same bytes.

    Args:
        root: Folder of the PLM's stores, which may be a URL.
        job: What to store.

    Returns:
        The folder of each layer's store, from now on the current one of its layer.

    Raises:
        ActivationStoreError: The PLM gave other than one row per residue, or values that are not
            finite.
    """
    folders = {
        layer: root / f"layer_{layer}" / job.content_hash(layer)[:HASH_DIGITS]
        for layer in job.layers
    }
    lacking = _incomplete(folders, job)
    with ExitStack() as locks:
        for folder in sorted(lacking.values()):  # one order for all runs: none waits in a circle
            locks.enter_context(writing_alone(folder))
        lacking = _incomplete(lacking, job)  # the run that was waited for may have finished them
        if lacking:
            _complete(lacking, job)
        else:
            logger.info("%s, layers %s: all is there", job.plm_id, ", ".join(map(str, folders)))
    for folder in folders.values():
        point_to(folder)
    return folders


def make_shard(folders: Folders, job: StoreJob, number: int) -> dict[int, ShardRecord]:
    """Compute one shard: the idempotent unit of work.

    Args:
        folders: The stores of the layers that lack it.
        job: What to store.
        number: Which shard.

    Returns:
        The shard's record in the manifest of each layer.

    Raises:
        ActivationStoreError: As `compute_activations`.
    """
    start = time.perf_counter()
    computed = compute_activations(job, job.shards[number], list(folders))
    records = {
        layer: write_shard(folder / shard_name(number), computed[layer], job.dtype)
        for layer, folder in folders.items()
    }
    for layer, record in records.items():
        if is_remote(folders[layer]):
            write_receipt(folders[layer] / record.name, record)
    n_residues, seconds = job.n_residues_of(job.shards[number]), time.perf_counter() - start
    logger.debug(
        "shard %d of %d: %d residues in %.1f s", number, len(job.shards), n_residues, seconds,
        extra={"shard": number, "n_residues": n_residues, "seconds": round(seconds, 3)},
    )  # fmt: skip
    return records


@dataclass(frozen=True)
class _MakeShard:
    """`make_shard` as a task that can be sent elsewhere, to a machine with the same folders."""

    lacking: dict[int, Folders]
    job: StoreJob

    def __call__(self, number: int, advance: Advance) -> dict[int, ShardRecord]:
        records = make_shard(self.lacking[number], self.job, number)
        advance(self.job.n_residues_of(self.job.shards[number]))
        return records


def _incomplete(folders: Folders, job: StoreJob) -> Folders:
    return {
        layer: folder for layer, folder in folders.items() if not _is_complete(folder, job, layer)
    }


def _is_complete(folder: Path, job: StoreJob, layer: int) -> bool:
    """Whether a folder holds the whole store of a layer, undamaged."""
    try:
        if is_remote(folder):
            found = _attested_manifest(folder)
        else:
            store = ActivationStore.open(folder)
            store.shards.require_all()
            found = store.manifest
    except ActivationStoreError:  # what is wrong is told when it is mended
        return False
    return found == job.manifest(layer, found.shards, found.index_sha256)


def _attested_manifest(folder: Path) -> StoreManifest:
    """The manifest of a store at a URL whose shards are, by their receipts, what it says."""
    manifest = StoreManifest.read(folder)
    read_index(folder, manifest)
    sound = KnownShards(folder).sound
    if lost := [record.name for record in manifest.shards if sound.get(record.name) != record]:
        raise ActivationStoreError(f"{folder / lost[0]} is not known to be sound. {REMEDY}")
    return manifest


def _complete(folders: Folders, job: StoreJob) -> None:
    """Make the shards that are missing, then what makes stores of them."""
    records = {layer: _sound_shards(folder, job) for layer, folder in folders.items()}
    lacking = {
        number: {layer: folders[layer] for layer in folders if number not in records[layer]}
        for number in range(len(job.shards))
    }
    pending = [number for number, some in lacking.items() if some]
    logger.info(
        "%s, layers %s: %d proteins, %d of %d shards to compute",
        job.plm_id,
        ", ".join(map(str, folders)),
        len(job.accessions),
        len(pending),
        len(job.shards),
    )
    sizes = {number: job.n_residues_of(job.shards[number]) for number in pending}
    total = sum(sizes.values())
    with show_progress("Embedding", total, "residue", shown=bool(pending)) as progress:
        made = run_tasks(_MakeShard(lacking, job), sizes, job.executor, progress.update)
        for number, of_layers in made:
            for layer, record in of_layers.items():
                records[layer][number] = record
    for layer, folder in folders.items():
        if is_remote(folder):
            records[layer] |= _put_since(folder, lacking)
        _finish(folder, job, layer, tuple(records[layer][number] for number in lacking))


def _put_since(folder: Path, numbers: Iterable[int]) -> dict[int, ShardRecord]:
    """The shards as they are now: another run may have put its own, from another machine."""
    sound = KnownShards(folder).sound
    return {number: sound[name] for number in numbers if (name := shard_name(number)) in sound}


def _sound_shards(folder: Path, job: StoreJob) -> dict[int, ShardRecord]:
    """The records of those shards that a folder has, undamaged."""
    recorded = _recorded_shards(folder)
    known = KnownShards(folder) if is_remote(folder) else None
    found = {}
    for number, proteins in enumerate(job.shards):
        path, shape = folder / shard_name(number), (job.n_residues_of(proteins), job.d_model)
        if known and path.name in known.sound:
            found[number] = known.sound[path.name]
        elif path.name in known if known else path.exists():
            try:
                with local_copy(path) as local:
                    shard = open_shard(local, shape, job.dtype, recorded.get(path.name))
                    check_once(shard, job.index, number)
                found[number] = shard.record
                if known:
                    write_receipt(path, shard.record)
            except ActivationStoreError as error:
                logger.warning("%s Doing so now.", error)
    return found


def _recorded_shards(folder: Path) -> dict[str, ShardRecord]:
    """What the manifest of a folder says about its shards, by their names, if there is one."""
    if not (folder / MANIFEST).exists():
        return {}
    try:
        return {record.name: record for record in StoreManifest.read(folder).shards}
    except ActivationStoreError as error:
        logger.warning("%s Doing so now.", error)
        return {}


def _finish(folder: Path, job: StoreJob, layer: int, records: tuple[ShardRecord, ...]) -> None:
    """Write the index, then the manifest, which makes the store complete."""
    index_sha256 = write_index(job.index, folder)
    manifest = job.manifest(layer, records, index_sha256)
    manifest.write(folder)
    if not is_remote(folder):
        remove_leftovers(folder.glob(".*.tmp"))
    logger.info(
        "Layer %d: %d residues stored as %s in %s (variance lost by rounding: %.2g)",
        layer,
        manifest.n_residues,
        job.dtype,
        folder,
        manifest.rounding_fvu,
    )
