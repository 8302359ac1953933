"""One pass over activations that counts something, cut into parts that may be counted anywhere.

The parts of a pass depend on its proteins alone, and what they found is added up in their order: a
pass on a cluster gives what it gives in this process, to the last bit of a sum.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Generic, Protocol, Self, TypeVar

from plmscope.activations import whole_proteins
from plmscope.executors import Advance, ExecutorSettings, TaskResult, run_tasks
from plmscope.progress import show_progress
from plmscope.saes.encode import ActivationSource, EncodedBlock, SparseEncoder, encode

PART_RESIDUES = 2**18
"""Residues of a part: some seconds of work, beside which sending what it found costs little."""


class BlockCounter(ABC, TaskResult):
    """What is counted while blocks stream past; what the parts of a pass counted adds up."""

    @abstractmethod
    def count(self, blocks: Iterable[EncodedBlock]) -> None:
        """Count some blocks, whose proteins follow those counted so far."""

    @abstractmethod
    def merge(self, later: Self) -> None:
        """Take over what was counted in the proteins that follow those counted so far."""


Counter = TypeVar("Counter", bound=BlockCounter)
MakeCounter = Callable[[int], Counter]
"""Makes a counter for proteins from this number on; pickled, if parts are counted elsewhere."""


class PassSettings(Protocol):
    """What a pass is told by the settings of its stage."""

    @property
    def max_residues(self) -> int:
        """Residues encoded at once."""

    @property
    def executor(self) -> ExecutorSettings:
        """Where the parts are counted."""


def count_in_pass(
    source: ActivationSource,
    encoder: SparseEncoder,
    make_counter: MakeCounter[Counter],
    settings: PassSettings,
    task: str,
) -> Counter:
    """Encode all proteins of a source and count in them, under a progress bar in residues.

    Args:
        source: What is encoded.
        encoder: Gives the features.
        make_counter: Of what is counted.
        settings: Residues encoded at once; where the parts are counted.
        task: What the progress bar says is done.
    """
    bounds = list(whole_proteins(source.offsets, PART_RESIDUES))
    part = _Part(source, encoder, make_counter, settings.max_residues, bounds)
    sizes = {
        number: int(source.offsets[stop] - source.offsets[start])
        for number, (start, stop) in enumerate(bounds)
    }
    counter, n_merged = make_counter(0), 0
    early: dict[int, Counter] = {}
    with show_progress(task, source.n_residues, "residue") as progress:
        for number, found in run_tasks(part, sizes, settings.executor, progress.update):
            early[number] = found
            while n_merged in early:
                counter.merge(early.pop(n_merged))
                n_merged += 1
    return counter


@dataclass(frozen=True)
class _Part(Generic[Counter]):
    """The parts of a pass as numbered tasks."""

    source: ActivationSource
    encoder: SparseEncoder
    make_counter: MakeCounter[Counter]
    max_residues: int
    bounds: list[tuple[int, int]]

    def __call__(self, number: int, advance: Advance) -> Counter:
        start, stop = self.bounds[number]
        counter = self.make_counter(start)
        counter.count(self._blocks(start, stop, advance))
        return counter

    def _blocks(self, start: int, stop: int, advance: Advance) -> Iterator[EncodedBlock]:
        for block in encode(self.source.part(start, stop), self.encoder, self.max_residues):
            yield block
            advance(len(block.x))
