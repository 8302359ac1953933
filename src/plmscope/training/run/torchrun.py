"""Training on processes that torchrun has started, on one machine or several.

The first rank leads: it runs what trains SAEs, such as Kedro, and alone reads parameters, logs and
saves. The others follow: they wait to be told what to train on, take their part in it, wait again,
and end with the first.

After a restart of some ranks torchrun starts all of them anew, but keeps its key-value store, with
what ranks that are gone have left in it; and its agents count restarts differently. So each leader
takes a name of its own, and tells nothing before every other rank has signed under that name.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple
from uuid import uuid4

import torch
import torch.distributed as dist
from torch.distributed.distributed_c10d import PrefixStore

from plmscope.training.errors import TrainingError
from plmscope.training.step.ranks import Ranks

if TYPE_CHECKING:
    from plmscope.training.run.checkpoints import TrainingCheckpoints
    from plmscope.training.run.fit import TrainedSAE
    from plmscope.training.run.shared_pass import TrainingRows
    from plmscope.training.settings import RunSettings

SECONDS_BETWEEN_LOOKS = 0.1
LEADER, SIGNED, JOB, END = "leader", "signed", "job", "end"


class Job(NamedTuple):
    """What all ranks are to train.

    Attributes:
        rows: The train split.
        runs: As `train_saes` takes them.
        checkpoints: As `train_saes` takes them.
    """

    rows: TrainingRows
    runs: Sequence[RunSettings]
    checkpoints: TrainingCheckpoints | None


@dataclass
class Leader:
    """The first rank, as the others know it.

    Args:
        store: Where ranks leave word for each other.
        name: Under which the others sign.
        n_ranks: All of them.
        n_jobs: Told so far.
    """

    store: dist.Store
    name: str
    n_ranks: int
    n_jobs: int = 0

    def train(self, job: Job) -> list[TrainedSAE]:
        """Train with all ranks.

        Raises:
            TrainingError: The settings want another number of ranks.
        """
        n_wanted = job.runs[0].training.n_ranks
        if n_wanted != self.n_ranks:
            raise TrainingError(
                f"torchrun has started {self.n_ranks} ranks, but training.n_ranks is {n_wanted}:"
                f" set it to {self.n_ranks}, or start as many."
            )
        for rank in range(1, self.n_ranks):
            _wait_for(self.store, _key(self.name, SIGNED, rank))
        group = _key(self.name, JOB, self.n_jobs)
        self.store.set(group, job.runs[0].training.device)
        self.n_jobs += 1
        return _take_part(self.store, group, Ranks(0, self.n_ranks), job)


_leader: Leader | None = None


def leader() -> Leader | None:
    """This process as the first of several ranks of torchrun, if it is that."""
    return _leader


@contextmanager
def leading() -> Iterator[None]:
    """Let whatever is trained in this block be trained by all ranks; at its end they may go.

    If it fails they stay: torchrun starts all anew, or ends them.
    """
    global _leader
    n_ranks = int(os.environ["WORLD_SIZE"])
    if n_ranks == 1:
        yield
        return
    _leader = Leader(_connect(), uuid4().hex, n_ranks)
    _leader.store.set(LEADER, _leader.name)
    ends_well = False
    try:
        yield
        ends_well = True
    except SystemExit as ending:  # as commands end, well or not
        ends_well = not ending.code
        raise
    finally:
        if ends_well:
            _leader.store.set(_key(_leader.name, END), "")
        _leader = None


def follow() -> None:
    """Take part in whatever the first rank trains, until it ends."""
    store, ranks = _connect(), Ranks(int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"]))
    name = _sign(store, ranks.rank)
    n_jobs = 0
    while True:
        time.sleep(SECONDS_BETWEEN_LOOKS)
        if store.get(LEADER).decode() != name:  # we had signed for one that was gone
            name, n_jobs = _sign(store, ranks.rank), 0
        group = _key(name, JOB, n_jobs)
        if store.check([group]):
            _take_part(store, group, ranks, None)
            n_jobs += 1
        elif store.check([_key(name, END)]):
            return


def _sign(store: dist.Store, rank: int) -> str:
    """Sign under the leader's name: not under one for which a rank that is gone has signed."""
    own = uuid4().hex
    while True:
        _wait_for(store, LEADER)
        name = store.get(LEADER).decode()
        if store.compare_set(_key(name, SIGNED, rank), "", own).decode() == own:
            return name
        time.sleep(SECONDS_BETWEEN_LOOKS)


def _take_part(store: dist.Store, group: str, ranks: Ranks, job: Job | None) -> list[TrainedSAE]:
    """Meet the other ranks, hear from the first what to train, and train it."""
    from plmscope.training.run.fit import fit_saes

    device = store.get(group).decode()
    dist.init_process_group(
        "cpu:gloo,cuda:nccl" if device == "cuda" else "gloo",
        store=PrefixStore(group, store),
        rank=ranks.rank,
        world_size=ranks.n_ranks,
    )
    try:
        told = [job]
        dist.broadcast_object_list(told, src=0, device=torch.device("cpu"))
        assert told[0] is not None
        return fit_saes(*told[0], ranks)
    finally:
        dist.destroy_process_group()


def _connect() -> dist.Store:
    """The key-value store of torchrun's agents."""
    is_own = os.environ["TORCHELASTIC_USE_AGENT_STORE"] != "True" and os.environ["RANK"] == "0"
    address, port = os.environ["MASTER_ADDR"], int(os.environ["MASTER_PORT"])
    return dist.TCPStore(address, port, is_master=is_own)  # type: ignore[attr-defined]


def _wait_for(store: dist.Store, key: str) -> None:
    """Wait as long as it takes: the first rank may have other work before it trains."""
    while not store.check([key]):
        time.sleep(SECONDS_BETWEEN_LOOKS)


def _key(*parts: object) -> str:
    return "/".join(map(str, parts))
