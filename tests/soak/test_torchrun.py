"""Two machines, each a torchrun agent on loopback with one rank, of which one is killed."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from plmscope.saes import fingerprint, load_sae

pytestmark = pytest.mark.soak

ENDPOINT = "127.0.0.1:29471"


@pytest.fixture(scope="module")
def root(kedro_run, tmp_path_factory):
    """Embedded proteins."""
    root = tmp_path_factory.mktemp("torchrun")
    kedro_run(root, ["ingestion", "embedding"])
    return root


def start_node(project: Path, root: Path, name: str) -> subprocess.Popen[str]:
    agent = f"--nnodes 2 --nproc-per-node 1 --rdzv-backend c10d --rdzv-endpoint {ENDPOINT}"
    settings = f"sae_name={name},training.n_ranks=2,training.n_steps=200,search.n_trials=0"
    return subprocess.Popen(
        [
            *(sys.executable, "-m", "torch.distributed.run", *agent.split()),
            *("--rdzv-id", name, "--local-addr", "127.0.0.1", "--max-restarts", "3"),
            *("-m", "plmscope.run.rank", "--env", "test", "--pipelines", "sae_training"),
            *("--params", settings),
        ],
        cwd=project,
        env=os.environ | {"PLMSCOPE_TEST_ROOT": str(root), "OMP_NUM_THREADS": "1"},
        stderr=subprocess.PIPE,
        text=True,
    )


def rank_of(agent: subprocess.Popen[str]) -> int:
    """The one process that an agent has started."""
    children = Path(f"/proc/{agent.pid}/task").glob("*/children")
    (pid,) = [int(pid) for child in children for pid in child.read_text().split()]
    return pid


def train(project, root, name, killed=None):
    models = root / f"06_models/tiny/layer_2/{name}"
    nodes = [start_node(project, root, name) for _ in range(2)]
    if killed is not None:
        while not list(models.glob("training_checkpoints/*/step_*.pt")):
            assert all(node.poll() is None for node in nodes)
            time.sleep(0.01)
        os.kill(rank_of(nodes[killed]), signal.SIGKILL)
    told = [node.communicate()[1] for node in nodes]
    assert [node.returncode for node in nodes] == [0, 0], told
    assert len(list(models.glob("sae/*/sae"))) == 1
    (sae,) = models.glob("sae/*/sae")
    return fingerprint(load_sae(sae)), told


@pytest.fixture(scope="module")
def undisturbed(project, root):
    found, told = train(project, root, "undisturbed")
    assert "".join(told).count("Kedro project") == 1
    return found


@pytest.mark.parametrize("killed", [0, 1])
def test_a_killed_rank_changes_no_bit(project, root, undisturbed, killed):
    found, told = train(project, root, f"killed_{killed}", killed)
    assert found == undisturbed
    assert "".join(told).count("Kedro project") == 2  # the first rank began again
