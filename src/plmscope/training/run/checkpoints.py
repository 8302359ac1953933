"""Checkpoints of a training run, so that a killed run is resumed where it stopped.

A run's checkpoints lie in a folder whose name is a hash of everything that decides the result; a
run with other settings never sees them. Each is one file, `step_<number>.<hash>.pt`, written under
a temporary name and renamed; the hash in its name is that of its bytes, so that damage shows.
Loading runs no code (`weights_only`).
"""

from __future__ import annotations

import hashlib
import io
import logging
import pickle
import re
import shutil
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import torch

from plmscope.disk.files import sha256_of_file, sha256_of_json, write_then_rename
from plmscope.disk.locks import writing_alone

logger = logging.getLogger(__name__)

HASH_DIGITS = 12
FILE_NAME = re.compile(rf"step_(?P<step>\d+)\.(?P<hash>[0-9a-f]{{{HASH_DIGITS}}})\.pt")


class Checkpoint(NamedTuple):
    """A run after some steps.

    Attributes:
        step: Updates made.
        state: Tensors, numbers, texts, and lists and dicts of them.
    """

    step: int
    state: dict[str, Any]


@dataclass(frozen=True)
class TrainingCheckpoints:
    """The checkpoints of the runs below one folder.

    Args:
        root: The folder; made when the first checkpoint is saved.
    """

    root: Path

    def of_run(self, identity: dict[str, Any], keep: int) -> RunCheckpoints:
        """The checkpoints of one run.

        Args:
            identity: Everything that decides the run's result, as JSON can hold it.
            keep: How many of the newest to keep.
        """
        return RunCheckpoints(self.root / sha256_of_json(identity)[:HASH_DIGITS], keep)

    def alone(self) -> AbstractContextManager[None]:
        """Wait until no other process trains into this folder, and keep others waiting."""
        return writing_alone(self.root)


@dataclass(frozen=True)
class RunCheckpoints:
    """The checkpoints of one run.

    Args:
        folder: Where they are.
        keep: How many of the newest to keep.
    """

    folder: Path
    keep: int

    def save(self, checkpoint: Checkpoint) -> None:
        """Write a checkpoint whole or not at all, then drop the oldest beyond `keep`."""
        buffer = io.BytesIO()
        torch.save(checkpoint.state, buffer)
        digest = hashlib.sha256(buffer.getbuffer()).hexdigest()[:HASH_DIGITS]
        with write_then_rename(self.folder / f"step_{checkpoint.step}.{digest}.pt") as temporary:
            temporary.write_bytes(buffer.getbuffer())
        for path in self._newest_first()[self.keep :]:
            path.unlink()

    def load_newest(self) -> Checkpoint | None:
        """Load the undamaged checkpoint with the highest step number, if there is one.

        Damaged files, and such as hold something else, are passed over with a logged warning.
        """
        for path in self._newest_first():
            try:
                state = _read(path)
            except (RuntimeError, OSError, EOFError, ValueError, pickle.UnpicklingError) as error:
                logger.warning("Checkpoint %s is damaged and ignored: %s", path, error)
                continue
            step = _step_of(path)
            logger.info("Resuming after step %d from %s", step, path)
            return Checkpoint(step, state)
        return None

    def clear(self) -> None:
        """Remove them, once the run is complete and its result is with the caller."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _newest_first(self) -> list[Path]:
        paths = [path for path in self.folder.glob("step_*.pt") if FILE_NAME.fullmatch(path.name)]
        return sorted(paths, key=_step_of, reverse=True)


def _read(path: Path) -> dict[str, Any]:
    """A checkpoint's state.

    Raises:
        ValueError: Its bytes are not those of its name, or it holds no state.
    """
    if not sha256_of_file(path).startswith(_parts_of(path)["hash"]):
        raise ValueError("its checksum is not the one in its name")
    state = torch.load(path, map_location="cpu", weights_only=True)
    if not isinstance(state, dict):
        raise ValueError(f"it holds a {type(state).__name__}, not the state of a run")
    return state


def _step_of(path: Path) -> int:
    return int(_parts_of(path)["step"])


def _parts_of(path: Path) -> re.Match[str]:
    match = FILE_NAME.fullmatch(path.name)
    assert match is not None
    return match
