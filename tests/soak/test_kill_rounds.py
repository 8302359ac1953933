"""The main job, killed again and again, ends with what an undisturbed run gives.

Takes half an hour, so that `make soak` runs it and `make test` does not.
"""

import os
import random
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from plmscope.activations import ActivationStore
from plmscope.disk.parquet import read_parquet
from plmscope.saes import fingerprint, load_sae

pytestmark = pytest.mark.soak

FAULTS = Path(__file__).with_name("faults")
N_RANDOM, N_CHANGES = 12, 37
VERSION = re.compile(r"/\d{4}-\d\d-\d\dT[\d.]+Z/")
CLOCKS = ["seconds", "residues_per_second"]  # what no two runs have in common


def start(project, root, **environment):
    path = os.pathsep.join(filter(None, [str(FAULTS), os.environ.get("PYTHONPATH")]))
    known = os.environ | {"PLMSCOPE_TEST_ROOT": str(root), "PYTHONPATH": path}
    return subprocess.Popen(
        [sys.executable, "-m", "kedro", "run", "--env", "test"],
        cwd=project,
        env=known | environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(project, root, **environment):
    process = start(project, root, **environment)
    _, errors = process.communicate()
    assert process.returncode == 0, errors[-3000:]


def outcome(root):
    """All that a run gives, but for its clocks and the hashes that its tables carry.

    Of each dataset the newest version: a killed run may have left others.
    """
    newest = {
        VERSION.sub("/", path.relative_to(root).as_posix()): path
        for path in sorted(root.glob("0[2-8]*/**/*"))
        if path.is_file() and "04_feature" not in path.parts
    }
    tables = {
        name: read_parquet(path, "").drop(columns=CLOCKS, errors="ignore")
        for name, path in newest.items()
        if name.endswith(".parquet")
    }
    tables |= {name: pd.read_csv(path) for name, path in newest.items() if name.endswith(".csv")}
    store = ActivationStore.open_current(root / "04_feature/tiny/activations", layer=2)
    x = np.concatenate([block.x.numpy() for block in store.blocks()])
    sae = max((root / "06_models/tiny/layer_2/default/sae").glob("*/sae"))
    return tables, x, fingerprint(load_sae(sae))


def assert_equal(found, expected):
    (tables, x, sae), (expected_tables, expected_x, expected_sae) = found, expected
    assert tables.keys() == expected_tables.keys()
    for name, table in tables.items():
        pd.testing.assert_frame_equal(table, expected_tables[name], obj=name)
    assert np.array_equal(x, expected_x)
    assert sae == expected_sae


@pytest.fixture(scope="module")
def undisturbed(project, tmp_path_factory):
    """The outcome of a run, how many seconds it took, and how often it changed files."""
    root = tmp_path_factory.mktemp("undisturbed")
    counted = root.with_suffix(".count")
    began = time.monotonic()
    finish(project, root, PLMSCOPE_COUNT_TO=str(counted))
    return outcome(root), time.monotonic() - began, int(counted.read_text())


def check_after_kill(project, root, expected, recovered):
    after = last_node(root)
    finish(project, root)
    assert_equal(outcome(root), expected)
    assert list(root.rglob(".*.tmp")) == []
    recovered(after)


def last_node(root):
    """The stage of the last node that a killed run had finished, by its log."""
    logs = "".join(path.read_text() for path in root.glob("08_reporting/runs/*.jsonl"))
    stages = re.findall(r"Completed node: (\w+)\.", logs)
    return f"in or after {stages[-1]}" if stages else "before any node had ended"


@pytest.mark.parametrize("number", range(N_RANDOM))
def test_killed_at_a_random_moment(project, tmp_path, undisturbed, recovered, number):
    expected, seconds, _ = undisturbed
    process = start(project, tmp_path)
    time.sleep(random.Random(number).uniform(0.1, 1.0) * seconds)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    check_after_kill(project, tmp_path, expected, recovered)


@pytest.mark.parametrize("number", range(N_CHANGES))
def test_killed_at_a_rename_half_write_or_removal(
    project, tmp_path, undisturbed, recovered, number
):
    expected, _, n_changes = undisturbed
    at = 1 + round(number * (n_changes - 1) / (N_CHANGES - 1))
    process = start(project, tmp_path, PLMSCOPE_KILL_AT=str(at))
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    check_after_kill(project, tmp_path, expected, recovered)
