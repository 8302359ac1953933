"""One of the processes that torchrun starts: the first runs Kedro, the others train with it.

torchrun --nnodes 2 --nproc-per-node 1 --rdzv-backend c10d --rdzv-endpoint node1:29400 \
    --max-restarts 3 -m plmscope.run.rank --pipelines sae_training --params training.n_ranks=2

What follows the module's name is as for `kedro run`.
"""

from __future__ import annotations

import os
import sys

from kedro.framework.cli.cli import main as run_kedro

from plmscope.processes import end_with_parent


def main() -> None:
    """Be the rank that torchrun says."""
    if "RANK" not in os.environ:
        sys.exit(
            "This is for torchrun to start (docs/training.md): torchrun … -m plmscope.run.rank"
        )
    end_with_parent()
    from plmscope.training.run import torchrun

    if os.environ["RANK"] != "0":
        torchrun.follow()
        return
    sys.argv = ["kedro", "run", *sys.argv[1:]]
    with torchrun.leading():
        run_kedro()


if __name__ == "__main__":
    main()
