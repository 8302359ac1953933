"""This process among those that share a training run."""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.distributed as dist
from jaxtyping import Shaped
from torch import Tensor


class Ranks(NamedTuple):
    """Which process of how many; alone, every operation gives back what it was given.

    Attributes:
        rank: From 0.
        n_ranks: How many processes share each batch.
    """

    rank: int = 0
    n_ranks: int = 1

    @classmethod
    def current(cls) -> Ranks:
        """This process, within the process group if there is one."""
        if not dist.is_initialized():
            return cls()
        return cls(dist.get_rank(), dist.get_world_size())

    @property
    def is_first(self) -> bool:
        """Whether this process speaks and writes for all."""
        return self.rank == 0

    def device(self, name: str) -> torch.device:
        """The device of this process: with several ranks, "cuda" is one GPU each."""
        if name == "cuda" and self.n_ranks > 1:
            return torch.device("cuda", self.rank % torch.cuda.device_count())
        return torch.device(name)

    def sum(self, values: Shaped[Tensor, "*shape"]) -> Shaped[Tensor, "*shape"]:
        """The sum over all ranks, in place."""
        if self.n_ranks > 1:
            dist.all_reduce(values)
        return values

    def of_first(self, values: Shaped[Tensor, "*shape"]) -> Shaped[Tensor, "*shape"]:
        """The values that the first rank has, in place."""
        if self.n_ranks > 1:
            dist.broadcast(values, 0)
        return values

    def gather(self, values: Shaped[Tensor, "n ..."]) -> Shaped[Tensor, "n_all ..."]:
        """The rows of all ranks, by rank; each must have the same number."""
        if self.n_ranks == 1:
            return values
        gathered = values.new_empty(self.n_ranks * len(values), *values.shape[1:])
        dist.all_gather_into_tensor(gathered, values.contiguous())
        return gathered
