"""Checkpoints of a training run, so that a killed run goes on where it stopped.

A run's checkpoints lie in a folder whose name is a hash of everything that decides the result; a
run with other settings never sees them. Each is one file, `step_<number>.pt`, written under a
temporary name and renamed. Loading runs no code (`weights_only`).
"""

from __future__ import annotations

import hashlib
import json
import logging
import pickle
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import torch

from plmscope.files import write_then_rename

logger = logging.getLogger(__name__)

FILE_NAME = re.compile(r"step_(\d+)\.pt")
HASH_DIGITS = 12


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
        digest = hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()
        return RunCheckpoints(self.root / digest[:HASH_DIGITS], keep)


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
        with write_then_rename(self.folder / f"step_{checkpoint.step}.pt") as temporary:
            torch.save(checkpoint.state, temporary)
        for path in self._newest_first()[self.keep :]:
            path.unlink()

    def load_newest(self) -> Checkpoint | None:
        """Load the complete checkpoint with the highest step number, if there is one.

        Torn files are passed over with a logged warning.
        """
        for path in self._newest_first():
            try:
                state = torch.load(path, map_location="cpu", weights_only=True)
            except (RuntimeError, OSError, EOFError, pickle.UnpicklingError) as error:
                logger.warning("Checkpoint %s is torn and ignored: %r", path, error)
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


def _step_of(path: Path) -> int:
    return int(path.stem.removeprefix("step_"))
