"""Shuffled batches of residues for SAE training, within a memory budget.

The order of an epoch is a function of (seed, epoch, number of ranks) alone. Rows are dealt in
*windows*:

1. the rows are cut into chunks of consecutive ones, and the chunks are shuffled;
2. the shuffled chunks, laid end to end, are cut into windows: of a store such as fit half of the
   budget (one window is served while the next is read), of rows that are computed, the whole;
3. each rank takes an equal stretch of every window, reads no other rows, permutes its own and
   serves them as its shares of the batches.

Rows that all fit the budget are one window: read once and kept; for a single rank it is a true
global shuffle. Else a window mixes chunks from all over. `BatchMixing` says how close that comes to
a global shuffle. Because every window can be worked out from its number, a resumed run reads only
the window it stopped in.
"""

import logging
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import NamedTuple, Protocol, TypedDict

import numpy as np
import pandas as pd
import torch
from jaxtyping import Float, Int64
from torch import Tensor

from plmscope.activations.store.index import whole_proteins
from plmscope.errors import PlmscopeError

logger = logging.getLogger(__name__)

CHUNK_BYTES = 2**22  # long enough to read at sequential speed
MIN_CHUNKS_PER_WINDOW = 16  # enough places in the store for one batch to mix
BATCHES_IN_FLIGHT = 8  # the served batch and the copies that a training step makes of it
BYTES_OF_ORDER = 24  # per row of a window: its place in the permutation, and the working copies


class BatchError(PlmscopeError):
    """Batches that cannot be served as asked for, or a state that is not theirs."""


def rows_in_budget(d_model: int, memory_budget_gb: float) -> int:
    """How many activations a memory budget holds, with what is kept of each one's order."""
    return int(memory_budget_gb * 1e9) // (4 * d_model + BYTES_OF_ORDER)


def check_budget(d_model: int, batch_size: int, memory_budget_gb: float) -> None:
    """Refuse a budget that is too small for any store.

    Raises:
        BatchError: It does not hold the batches in flight and one to be dealt.
    """
    if rows_in_budget(d_model, memory_budget_gb) < (BATCHES_IN_FLIGHT + 1) * batch_size:
        raise _too_small(d_model, batch_size, memory_budget_gb)


def _too_small(d_model: int, batch_size: int, memory_budget_gb: float) -> BatchError:
    n_rows = rows_in_budget(d_model, memory_budget_gb)
    return BatchError(
        f"A memory budget of {memory_budget_gb} GB holds {n_rows} residues of width {d_model}, less"
        f" than {BATCHES_IN_FLIGHT + 2} batches of {batch_size}."
        " Raise training.memory_budget_gb."
    )


class ResidueRows(Protocol):
    """What is read, as numbered rows: a store, a view of one, or rows computed when asked for."""

    @property
    def is_stored(self) -> bool:
        """Whether rows are read, so that every pass over them costs little, or computed."""
        ...

    @property
    def n_residues(self) -> int:
        """Rows, numbered from 0."""
        ...

    @property
    def d_model(self) -> int:
        """Width of a row."""
        ...

    @property
    def index(self) -> pd.DataFrame:
        """One row a protein, in the order of the rows: at least `shard` and `n_rows`."""
        ...

    def chunk_edges(self, max_rows: int) -> Int64[np.ndarray, " n_chunks_plus_1"]:
        """Where to cut the rows into chunks that can be read one by one.

        Args:
            max_rows: The most rows of a chunk, if they can be cut everywhere.
        """
        ...

    def read_ranges(
        self, ranges: Int64[np.ndarray, "n_ranges 2"], out: Float[Tensor, "n_rows d_model"]
    ) -> Float[Tensor, "n_rows d_model"]:
        """Fill `out` with stretches of rows: each from its first to before its last number."""
        ...


class BatchState(TypedDict):
    """The place in the data, and all that decides what comes next."""

    seed: int
    epoch: int
    position: int
    batch_size: int
    n_residues: int
    window_size: int
    n_ranks: int


class BatchMixing(NamedTuple):
    """Mean entropy of a batch over shards and over proteins, in bits, and a global shuffle's."""

    shard_entropy: float
    shard_entropy_of_global_shuffle: float
    protein_entropy: float
    protein_entropy_of_global_shuffle: float


class _Window(NamedTuple):
    """What a rank reads of a window, and which of these rows are in each of its batches."""

    ranges: Int64[np.ndarray, "n_ranges 2"]
    order: Int64[np.ndarray, "n_batches share"]

    @property
    def n_rows(self) -> int:
        """Rows of all ranges."""
        return int(np.diff(self.ranges).sum())


class ShuffledBatches(Iterator[Float[Tensor, "batch_size d_model"]]):
    """An endless, resumable iterator over shuffled batches of one store or view.

    Every batch is full. The `n_residues % batch_size` residues that are left at the end of an
    epoch are dropped; they are others in each epoch.

    Args:
        store: The rows to serve.
        batch_size: Residues of a batch, over all ranks.
        seed: Decides the order, and nothing else.
        memory_budget_gb: Most memory for activations, over all ranks, in 10^9 bytes: the windows
            and the batches in flight.
        rank: Which equal share of each batch to serve.
        n_ranks: Number of shares. Each is drawn from another part of the rows, so that the batches
            of several ranks are others than those of one.

    Raises:
        BatchError: The store holds less than one batch, the budget less than ten, or the ranks do
            not divide the batch.
    """

    def __init__(
        self,
        store: ResidueRows,
        batch_size: int,
        *,
        seed: int,
        memory_budget_gb: float = 1.0,
        rank: int = 0,
        n_ranks: int = 1,
    ) -> None:
        if store.n_residues < batch_size:
            raise BatchError(
                f"The store holds {store.n_residues} residues, less than one batch of {batch_size}."
                " Lower training.batch_size or embed more proteins."
            )
        if batch_size % n_ranks:
            raise BatchError(
                f"A batch of {batch_size} cannot be shared evenly by {n_ranks} ranks."
                " Make training.batch_size a multiple of training.n_ranks."
            )
        self._store, self._batch_size, self._seed = store, batch_size, seed
        self._rank, self._n_ranks = rank, n_ranks
        bytes_per_row = 4 * store.d_model
        n_rows = rows_in_budget(store.d_model, memory_budget_gb)
        rows_for_windows = n_rows - BATCHES_IN_FLIGHT * batch_size
        self._n_buffers = 1
        if rows_for_windows >= store.n_residues:
            self._window_size = store.n_residues
        else:
            self._n_buffers = 2 if store.is_stored else 1
            self._window_size = rows_for_windows // self._n_buffers // batch_size * batch_size
        if self._window_size <= 0:
            raise _too_small(store.d_model, batch_size, memory_budget_gb)
        chunk_size = min(CHUNK_BYTES // bytes_per_row, self._window_size // MIN_CHUNKS_PER_WINDOW)
        self._edges = store.chunk_edges(max(1, chunk_size))
        self._epoch = self._position = 0
        self._buffers: list[Tensor] = []  # the window that is served, and the one that is read
        self._executor = ThreadPoolExecutor(max_workers=1)
        self._reading: tuple[tuple[int, int], Future[Tensor]] | None = None
        self._served: tuple[int, int] | None = None
        self._order = torch.empty(0, dtype=torch.int64)

    @property
    def is_global_shuffle(self) -> bool:
        """Whether the store fits the budget, so that one window holds it all."""
        return self._window_size == self._store.n_residues

    @property
    def n_windows(self) -> int:
        """Windows of an epoch that hold a whole batch."""
        return -(-self.n_batches // (self._window_size // self._batch_size))

    @property
    def n_batches(self) -> int:
        """Batches of an epoch."""
        return self._store.n_residues // self._batch_size

    @property
    def epoch(self) -> int:
        """The epoch of the next batch, from 0."""
        return self._epoch

    def __next__(self) -> Float[Tensor, "share d_model"]:
        """This rank's share of the next batch, float32, a copy that the caller may keep."""
        window, batch = divmod(self._position, self._window_size // self._batch_size)
        if self._served != (self._epoch, window):
            self._serve_window(self._epoch, window)
        rows = self._buffers[0].index_select(0, self._order[batch])
        self._position += 1
        if self._position == self.n_batches:
            self._epoch, self._position = self._epoch + 1, 0
        return rows

    def first_window(self, max_rows: int) -> Iterator[Float[Tensor, "n_rows d_model"]]:
        """This rank's rows of the first window, in the order of the store; reads it if need be.

        The place in the data stays as it is.

        Args:
            max_rows: Most rows at once; a longer chunk is given whole.
        """
        is_there = self._served is not None and (self.is_global_shuffle or self._served == (0, 0))
        if not is_there:
            self._serve_window(0, 0)
        n_rows_of_chunks = np.diff(self._plan(0, 0, self._rank).ranges).ravel()
        offsets = np.concatenate([[0], np.cumsum(n_rows_of_chunks)])
        for start, stop in whole_proteins(offsets, max_rows):
            yield self._buffers[0][offsets[start] : offsets[stop]]

    def state_dict(self) -> BatchState:
        """The place in the data: what `load_state_dict` needs to go on with the next batch."""
        return BatchState(
            seed=self._seed,
            epoch=self._epoch,
            position=self._position,
            batch_size=self._batch_size,
            n_residues=self._store.n_residues,
            window_size=self._window_size,
            n_ranks=self._n_ranks,
        )

    def load_state_dict(self, state: BatchState) -> None:
        """Go to a saved place. Reads nothing; the next batch reads its own window.

        Raises:
            BatchError: The state was saved with another store, seed, batch size, budget, or number
                of ranks.
        """
        own = self.state_dict()
        for name in ("seed", "batch_size", "n_residues", "window_size", "n_ranks"):
            if own[name] != state[name]:
                raise BatchError(
                    f"The saved place in the data has {name} {state[name]}, these batches have"
                    f" {own[name]}. Resume with the settings and the store of the first run."
                )
        self._epoch, self._position = state["epoch"], state["position"]

    def row_numbers(self, epoch: int) -> Iterator[Int64[np.ndarray, " batch_size"]]:
        """The rows of the store in each batch of an epoch, without reading them.

        Args:
            epoch: Which epoch, from 0.

        Yields:
            Row numbers of the next batch, over all ranks.
        """
        for number in range(self.n_windows):
            shares = []
            for rank in range(self._n_ranks):
                window = self._plan(epoch, number, rank)
                rows = np.concatenate([np.arange(first, last) for first, last in window.ranges])
                shares.append(rows[window.order])
            yield from np.concatenate(shares, axis=1)

    def mixing(self, n_batches: int = 64) -> BatchMixing:
        """How well the first batches mix shards and proteins, beside a global shuffle.

        Args:
            n_batches: How many batches to look at.
        """
        index = self._store.index
        ends = index["n_rows"].to_numpy().cumsum()
        labels = {
            "shard": pd.factorize(index["shard"])[0],
            "protein": np.arange(len(index)),
        }
        served = [rows for _, rows in zip(range(n_batches), self.row_numbers(0), strict=False)]
        rng = np.random.default_rng(self._seed)
        shuffled = [rng.integers(self._store.n_residues, size=rows.size) for rows in served]
        return BatchMixing(
            *(
                float(
                    np.mean(
                        [_entropy(label[np.searchsorted(ends, rows, "right")]) for rows in batches]
                    )
                )
                for label in labels.values()
                for batches in (served, shuffled)
            )
        )

    def _plan(self, epoch: int, number: int, rank: int) -> _Window:
        """Work out a rank's part of a window; see the module's docstring for the rule."""
        first_rows, last_rows = self._edges[:-1], self._edges[1:]
        if not self.is_global_shuffle:
            shuffled = np.random.default_rng((self._seed, epoch)).permutation(len(first_rows))
            first_rows, last_rows = first_rows[shuffled], last_rows[shuffled]
        ends = np.cumsum(last_rows - first_rows)  # of the chunks, laid end to end
        start = number * self._window_size
        n_rows = min(self._window_size, self._store.n_residues - start)
        begin, end = (start + part * n_rows // self._n_ranks for part in (rank, rank + 1))
        chunks = slice(np.searchsorted(ends, begin, side="right"), np.searchsorted(ends, end) + 1)
        ranges = np.stack([first_rows[chunks], last_rows[chunks]], axis=1)
        ranges[-1, 1] -= ends[chunks][-1] - end
        ranges[0, 0] = ranges[0, 1] - (min(ends[chunks][0], end) - begin)
        n_batches, share = n_rows // self._batch_size, self._batch_size // self._n_ranks
        # Rank 0 of a tuple changes nothing: the order of a single rank is that without ranks.
        order = np.random.default_rng((self._seed, epoch, number, rank)).permutation(end - begin)
        return _Window(ranges, order[: n_batches * share].reshape(n_batches, share))

    def _serve_window(self, epoch: int, number: int) -> None:
        """Make a window the served one, and begin to read the next one behind it."""
        if self._reading is None or self._reading[0] != (epoch, number):
            self._start_reading(epoch, number)
        assert self._reading is not None
        self._order = self._reading[1].result()
        self._reading, self._served = None, (epoch, number)
        self._buffers.reverse()
        if self._n_buffers > 1:
            is_last = number + 1 == self.n_windows
            self._start_reading(epoch + is_last, 0 if is_last else number + 1)

    def _start_reading(self, epoch: int, number: int) -> None:
        if self._reading is not None:  # of another place in the data: its buffer is needed
            self._reading[1].result()
        if not self._buffers:
            shape = (-(-self._window_size // self._n_ranks), self._store.d_model)
            self._buffers = [torch.empty(shape) for _ in range(self._n_buffers)]
        if self._n_buffers > 1:
            future = self._executor.submit(self._read_window, epoch, number, self._buffers[-1])
        else:
            future = Future()
            future.set_result(self._read_window(epoch, number, self._buffers[-1]))
        self._reading = (epoch, number), future

    def _read_window(
        self, epoch: int, number: int, buffer: Float[Tensor, "n_rows d_model"]
    ) -> Int64[Tensor, "n_batches share"]:
        """Fill the buffer with this rank's rows of a window; tell where each batch's rows lie."""
        window = self._plan(epoch, number, self._rank)
        if self._served is None or not self.is_global_shuffle:
            self._store.read_ranges(window.ranges, buffer[: window.n_rows])
        return torch.from_numpy(window.order)


def _entropy(labels: Int64[np.ndarray, " batch_size"]) -> float:
    """Entropy of the labels' shares, in bits."""
    shares = np.unique_counts(labels).counts / labels.size
    return float(-(shares * np.log2(shares)).sum())
