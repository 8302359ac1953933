"""The settings of an executor."""

from __future__ import annotations

from typing import Any, Literal, Self

from pydantic import Field, NonNegativeInt, PositiveFloat, PositiveInt, model_validator

from plmscope.parameters import Parameters


class ExecutorSettings(Parameters):
    """Where the shards of a job are computed; what comes out is the same everywhere."""

    kind: Literal["local", "dask", "slurm"] = "local"
    """"local": one after the other, in this process. "dask": by the workers of a Dask scheduler.
    "slurm": by Dask workers that dask-jobqueue submits to Slurm."""

    scheduler: str | None = None
    """With dask: the address of a running scheduler, as tcp://node1:8786; None: workers on this
    machine, for the time of the job."""

    n_workers: PositiveInt = 2
    """Workers on this machine, or that are submitted to Slurm; each has one shard at a time."""

    resources: dict[str, PositiveFloat] = Field(default_factory=dict)
    """What a task needs of a worker that was started with `--resources`, as {GPU: 1}."""

    retries: NonNegativeInt = 2
    """How often a shard that failed is tried again."""

    slurm: dict[str, Any] = Field(default_factory=dict)
    """What dask_jobqueue.SLURMCluster is told: queue, job_cpu, memory, walltime, …."""

    @model_validator(mode="after")
    def _fit_the_kind(self) -> Self:
        if self.scheduler is not None and self.kind != "dask":
            raise ValueError(f"a scheduler ({self.scheduler}) is only asked with kind: dask")
        if self.slurm and self.kind != "slurm":
            raise ValueError("slurm is only told with kind: slurm")
        if given := sorted({"cores", "processes"} & self.slurm.keys()):
            raise ValueError(
                f"slurm.{given[0]} is not yours to tell: a worker has one task at a time. The CPUs"
                " of a job are slurm.job_cpu"
            )
        return self
