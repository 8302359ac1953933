"""What a run leaves beside its results: a manifest from which it can be repeated, and a log."""

import hashlib
import json
import logging
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from plmscope.disk.files import read_sealed_json
from plmscope.errors import PlmscopeError
from plmscope.run.manifest import RUNS, command_line

STAGES = ["ingestion", "embedding"]


def _manifests(root):
    paths = sorted((root / RUNS).glob("*.json"))
    return [read_sealed_json(path, "") for path in paths]


@pytest.fixture(scope="module")
def root(kedro_run, tmp_path_factory):
    root = tmp_path_factory.mktemp("manifest")
    with pytest.MonkeyPatch.context() as patch:  # tests before may have configured it anew
        patch.setattr(logging.getLogger("plmscope"), "level", logging.DEBUG)
        logging.getLogger("plmscope").manager._clear_cache()
        kedro_run(root, STAGES)
    return root


class TestRunManifest:
    def test_says_what_each_node_took(self, root):
        (manifest,) = _manifests(root)
        assert manifest["status"] == "finished"
        assert manifest["error"] is None
        nodes = manifest["nodes"]
        assert "embedding.embed_proteins" in nodes
        assert all(node["seconds"] > 0 and node["peak_memory_gb"] > 0.05 for node in nodes.values())
        assert manifest["machine"]["cores"] >= 1
        assert manifest["code"]["packages"]["torch"]

    def test_has_the_hashes_of_what_came_in_and_what_was_written(self, root):
        (manifest,) = _manifests(root)
        assert {"uniprot_table", "corpus_fasta"} & set(manifest["inputs"])
        assert {"proteins", "annotations", "activations"} <= set(manifest["outputs"])
        for written in (manifest["inputs"] | manifest["outputs"]).values():
            content = Path(written["path"]).read_bytes()
            assert hashlib.sha256(content).hexdigest() == written["sha256"]

    def test_its_command_repeats_the_run(self, root, kedro_run, tmp_path_factory):
        """Elsewhere, with all that is written the same, byte for byte."""
        (manifest,) = _manifests(root)
        words = shlex.split(manifest["command"])
        assert words[:4] == ["kedro", "run", "--env", "test"]
        again = tmp_path_factory.mktemp("again")
        kedro_run(again, words[words.index("--pipelines") + 1].split(","))
        (repeated,) = _manifests(again)
        for run in (manifest, repeated):
            del run["parameters"]["plan"]["folder"]  # the data root
        assert repeated["parameters"] == manifest["parameters"]
        hashes = [
            {name: each["sha256"] for name, each in run["outputs"].items()}
            for run in (manifest, repeated)
        ]
        assert hashes[0] == hashes[1]

    def test_says_why_a_run_ended_early(self, kedro_run, tmp_path):
        with pytest.raises(PlmscopeError):
            kedro_run(tmp_path, ["ingestion"], splits={"train": 0.0, "valid": 0.5, "test": 0.5},
                      corpus_fasta=None)  # fmt: skip
        manifest = _manifests(tmp_path)[-1]
        assert manifest["status"] == "failed"
        assert "No protein would be in train" in manifest["error"]
        assert "split_proteins" not in " ".join(manifest["outputs"])

    def test_what_a_run_left_that_was_killed_at_its_manifest_goes(self, kedro_run, tmp_path):
        """Regression: it stayed, as no later run has its name; found by `make soak`."""
        code = (
            "import os, sys; from pathlib import Path"
            "\nfrom plmscope.disk.files import write_then_rename"
            "\nwith write_then_rename(Path(sys.argv[1])) as half:"
            "\n    half.write_text('half'); os.kill(os.getpid(), 9)"
        )
        killed = subprocess.run([sys.executable, "-c", code, str(tmp_path / RUNS / "killed.json")])
        assert killed.returncode == -9
        assert len(list((tmp_path / RUNS).glob(".*.tmp"))) == 1
        kedro_run(tmp_path, ["ingestion"])
        assert list((tmp_path / RUNS).glob(".*.tmp")) == []

    def test_a_folder_that_cannot_be_written_is_told_before_any_node(self, kedro_run, tmp_path):
        """Regression: a traceback."""
        (tmp_path / "file").write_text("")
        with pytest.raises(PlmscopeError, match=r"cannot write into .*Name another folder"):
            kedro_run(tmp_path / "file", ["ingestion"])

    def test_the_log_has_an_object_a_line_and_each_shard(self, root):
        (path,) = (root / RUNS).glob("*.jsonl")
        lines = [json.loads(line) for line in path.read_text().splitlines()]
        assert all({"time", "level", "logger", "message"} <= set(line) for line in lines)
        shards = [line for line in lines if "shard" in line]
        assert shards
        assert all(line["n_residues"] > 0 and line["seconds"] >= 0 for line in shards)

    def test_the_terminal_is_spared_what_the_log_has(self, project):
        config = yaml.safe_load((project / "conf/logging.yml").read_text())
        assert config["loggers"]["plmscope"]["level"] == "DEBUG"
        assert config["handlers"]["console"]["level"] == "INFO"


class TestCommandLine:
    def test_is_what_was_given(self):
        given = {
            "runtime_params": {"layer": 3, "sae": {"k": 8}, "sae_name": None},
            "env": "human",
            "pipeline_names": ["embedding", "sae_training"],
            "node_names": [],
            "from_nodes": None,
            "to_nodes": [],
            "from_inputs": [],
            "to_outputs": [],
        }  # fmt: skip
        assert command_line(given) == (
            "kedro run --env human --pipelines embedding,sae_training"
            " --params layer=3,sae.k=8,sae_name=null"
        )
