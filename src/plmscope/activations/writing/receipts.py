"""What is known of a shard on object storage, so that it need not be fetched to be trusted.

Beside each shard lies `<its name>.json`: its record, its size, and the tag that the storage gave
its bytes (S3's ETag). A shard that still has both is what was put there. One listing tells them of
all shards of a store.
"""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError

from plmscope.activations.store.manifest import ShardRecord
from plmscope.disk.files import unsealed, write_sealed_json
from plmscope.disk.object_storage import Entry, entries, entry, read_all
from plmscope.parameters import Record

SUFFIX = ".json"


class Receipt(Record):
    """What was put, as the storage tells it."""

    record: ShardRecord
    """Of the shard."""

    n_bytes: int
    """The size of its file."""

    tag: str
    """Of its bytes; "" if the storage has none, and then a shard is fetched to be checked."""


class KnownShards:
    """The shards of a folder at a URL, from one listing and their receipts.

    Args:
        folder: Of a store.
    """

    def __init__(self, folder: Path) -> None:
        self._entries = entries(folder)
        names = [name for name in self._entries if name + SUFFIX in self._entries]
        contents = read_all([folder / (name + SUFFIX) for name in names])
        receipts = {name: _parse(contents.get(name + SUFFIX, b"")) for name in names}
        self.sound = {
            name: receipt.record
            for name, receipt in receipts.items()
            if receipt is not None and receipt.tag and _fits(receipt, self._entries[name])
        }

    def __contains__(self, name: str) -> bool:
        """Whether there is a shard of that name, sound or not."""
        return name in self._entries


def write_receipt(path: Path, record: ShardRecord) -> None:
    """Note what was put.

    Args:
        path: The shard, at a URL.
        record: Of it.
    """
    found = entry(path)
    receipt = Receipt(record=record, n_bytes=found.n_bytes, tag=found.tag)
    write_sealed_json(path.with_name(path.name + SUFFIX), receipt.model_dump(mode="json"))


def _fits(receipt: Receipt, found: Entry) -> bool:
    return (receipt.n_bytes, receipt.tag) == found


def _parse(content: bytes) -> Receipt | None:
    """None if it is damaged: then the shard is fetched to be checked."""
    try:
        return Receipt.model_validate(unsealed(content))
    except ValidationError:
        return None
