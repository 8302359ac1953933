import inspect
import signal
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
import torch

from plmscope.activations import (
    ActivationStore,
    ActivationStoreError,
    job_from_arrays,
    write_store,
)


def zeros():
    return {f"P{number}": np.zeros((4, 2)) for number in range(5)}


KILLED_AT_THE_THIRD_SHARD = f"""
import os, signal, sys
from pathlib import Path
import numpy as np
from plmscope.activations import job_from_arrays, write_store

{inspect.getsource(zeros)}
write_bytes = Path.write_bytes
def killed(path, content):
    write_bytes(path, content)
    if "shard-00002" in path.name:
        os.kill(os.getpid(), signal.SIGKILL)

Path.write_bytes = killed
job = job_from_arrays(zeros(), plm_id="made-up", layer=2, shard_residues=4)
write_store(Path(sys.argv[1]), job)
"""


class TestResume:
    def test_second_run_computes_nothing(self, tmp_path, job, counted):
        job, calls = counted(job)
        folder = write_store(tmp_path, job)[2]
        assert len(calls) == len(job.shards) > 2
        calls.clear()
        assert write_store(tmp_path, job)[2] == folder
        assert calls == []

    def test_killed_run_continues(self, tmp_path, job, arrays):
        computed = []

        def killed_at_the_third(proteins, layers):
            if len(computed) == 2:
                raise KeyboardInterrupt
            computed.append(proteins)
            return job.compute(proteins, layers)

        with pytest.raises(KeyboardInterrupt):
            write_store(tmp_path, replace(job, compute=killed_at_the_third))
        with pytest.raises(ActivationStoreError):
            ActivationStore.open_current(tmp_path, 2)

        def not_again(proteins, layers):
            assert proteins not in computed
            return job.compute(proteins, layers)

        write_store(tmp_path, replace(job, compute=not_again))
        store = ActivationStore.open_current(tmp_path, 2)
        x = store.read_rows(0, torch.empty(store.n_residues, store.d_model))
        np.testing.assert_array_equal(x, np.concatenate(list(arrays.values())))
        assert not list(store.folder.glob(".*"))

    def test_killed_process_continues_and_leaves_nothing(self, tmp_path):
        """A real `kill -9`, in the middle of the third shard."""
        killed = subprocess.run(
            [sys.executable, "-c", KILLED_AT_THE_THIRD_SHARD, str(tmp_path)], stderr=subprocess.PIPE
        )
        assert killed.returncode == -signal.SIGKILL, killed.stderr
        (folder,) = (tmp_path / "layer_2").iterdir()
        assert len(list(folder.glob("shard-*"))) == 2
        assert len(list(folder.glob(".shard-*"))) == 1
        job = job_from_arrays(zeros(), plm_id="made-up", layer=2, shard_residues=4)
        write_store(tmp_path, job)
        ActivationStore.open(folder).verify()
        assert not list(folder.glob(".*"))

    @pytest.mark.parametrize("harm", ["torn", "damaged", "lost"])
    def test_only_a_harmed_shard_is_computed_again(self, tmp_path, job, counted, harm):
        job, calls = counted(job)
        path = write_store(tmp_path, job)[2] / "shard-00001.safetensors"
        sound = path.read_bytes()
        calls.clear()
        if harm == "lost":
            path.unlink()
        else:
            path.write_bytes(sound[:-1] + (b"" if harm == "torn" else bytes([sound[-1] ^ 1])))
        write_store(tmp_path, job)
        assert calls == [job.shards[1]]
        assert path.read_bytes() == sound

    def test_new_layer_computes_only_itself(self, tmp_path, job):
        asked = []

        def compute(proteins, layers):
            asked.extend(layers)
            return {layer: job.compute(proteins, [2])[2] + layer for layer in layers}

        write_store(tmp_path, replace(job, compute=compute, layers=(2,)))
        asked.clear()
        folders = write_store(tmp_path, replace(job, compute=compute, layers=(1, 2)))
        assert set(asked) == {1}
        one, two = (ActivationStore.open(folders[layer]) for layer in (1, 2))
        torch.testing.assert_close(one.protein("P00001") + 1, two.protein("P00001"))


class TestContentHash:
    @pytest.mark.parametrize(
        "change",
        [
            {"plm_id": "other"},
            {"plm_revision": "other"},
            {"token_rule": "other"},
            {"dtype": "float16"},
            {"proteins_hash": "other"},
            {"shard_residues": 17},
        ],
    )
    def test_changes_with_all_that_decides_the_content(self, job, change):
        assert replace(job, **change).content_hash(2) != job.content_hash(2)

    def test_other_values_go_to_another_folder_which_becomes_current(self, tmp_path, arrays, job):
        first = write_store(tmp_path, job)[2]
        arrays["P00001"] = arrays["P00001"] + 1
        second = write_store(tmp_path, job_from_arrays(arrays, plm_id="made-up", layer=2))[2]
        assert first != second
        assert ActivationStore.open_current(tmp_path, 2).folder == second
        assert ActivationStore.open(first).n_residues == ActivationStore.open(second).n_residues


class TestShards:
    def test_cover_all_proteins_whole(self, job):
        assert [n for proteins in job.shards for n in proteins] == list(range(len(job.accessions)))
        assert all(job.n_residues_of(proteins) >= 16 for proteins in job.shards[:-1])

    def test_rows_that_are_not_residues_are_refused(self, tmp_path, job):
        """Regression: truncated sequences shifted every later residue (interplm.md, fault 7)."""

        def truncates(proteins, layers):
            return {layer: x[:-1] for layer, x in job.compute(proteins, layers).items()}

        with pytest.raises(ActivationStoreError, match="one row per residue"):
            write_store(tmp_path, replace(job, compute=truncates))
        assert not list(tmp_path.rglob("*.safetensors"))
