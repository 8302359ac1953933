import copy
import json
import re

import numpy as np
import pandas as pd
import pytest
import torch

from plmscope import concepts as ca
from plmscope.activations import ActivationStore, job_from_arrays, write_store
from plmscope.pipelines.calibration import create_pipeline as create_calibration
from plmscope.pipelines.concept_analysis import create_pipeline
from plmscope.pipelines.concept_analysis.nodes import count_held_out_overlaps
from plmscope.saes import CheckpointMismatch, Provenance, make_sae

PARAMETERS = {
    "params:counting": ca.CountingSettings(max_residues=500),
    "params:scoring": ca.ScoringSettings(),
    "params:uncertainty": ca.UncertaintySettings(n_resamples=100, n_permutations=20),
    "params:controls": ca.ControlSettings(reach=3),
    "params:suggestions": ca.SuggestionSettings(),
    "params:calibration": ca.CalibrationSettings(n_shuffles=3, n_samples=3),
}
TABLES = [
    "scored_pairs",
    "pair_scores",
    "best_pairs",
    "concept_report",
    "leakage_report",
    "control_report",
    "missing_annotations",
    "recovered_annotations",
]


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    """Ninety proteins whose neuron 2 is high in their helix and neuron 3 at their active site."""
    rng = np.random.default_rng(0)
    arrays, rows, proteins = {}, [], []
    for number in range(90):
        name = f"P{number:02d}"
        x = rng.normal(size=(40, 6)).astype(np.float32)
        start, site = (int(place) for place in rng.integers(1, 30, size=2))
        x[start - 1 : start + 7, 2] += 6
        x[site - 1, 3] += 8
        arrays[name] = x
        sequence = "".join(rng.choice(list("ACDEFGHIKLMNPQRSTVWY"), 40))
        split = ("train", "valid", "test")[number % 3]
        proteins.append((name, sequence, 40, "annotated", f"P{number // 6 * 6:02d}", split))
        rows.append((name, "Helix", "Helix", "span", start, start + 7, 2 * number))
        rows.append(
            (name, "Active site", "Active site: any", "residue", site, site, 2 * number + 1)
        )
    annotations = pd.DataFrame(
        rows, columns=["accession", "category", "concept", "level", "start", "end", "instance"]
    )
    proteins = pd.DataFrame(
        proteins, columns=["accession", "sequence", "length", "origin", "cluster", "split"]
    )
    job = job_from_arrays(arrays, plm_id="made-up", layer=2)
    store = ActivationStore.open(write_store(tmp_path_factory.mktemp("store"), job)[2])
    sae = make_sae({"architecture": "pca", "d_model": 6, "d_sae": 12})
    sae.calibrate([block.x for block in store.blocks(500)])
    sae.provenance = Provenance(plm_id="made-up", layer=2)
    concepts = annotations[["concept", "category", "level"]].drop_duplicates(ignore_index=True)
    held_out = proteins[proteins["split"] != "train"]
    return {
        "activations": store,
        "sae": sae,
        "proteins": proteins,
        "annotations": annotations,
        "concepts": concepts.assign(kept=True, reason=""),
        "leakage_audit": held_out[["accession", "split"]].assign(above_cut=False),
    }


def run(pipeline, data):
    """Every dataset of a whole run of a pipeline."""
    for node in pipeline.nodes:
        data = data | node.run({name: data[name] for name in node.inputs})
    return data


@pytest.fixture(scope="module")
def results(inputs):
    """The pipeline, and the calibration after it."""
    return run(create_pipeline() + create_calibration(), inputs | PARAMETERS)


class TestRun:
    def test_the_planted_concepts_are_found(self, results):
        report = results["concept_report"].set_index("concept")
        assert (report["test_f1"] > 0.5).all()
        assert (report["q_value"] < 0.05).all()
        assert (report["test_f1_low"] <= report["test_f1"]).all()
        assert (report["test_f1"] <= report["test_f1_high"]).all()
        assert (report["test_auroc"] > 0.9).all()

    @pytest.mark.parametrize("name", TABLES)
    def test_no_value_is_missing_and_parquet_keeps_the_table(self, results, name, tmp_path):
        table = results[name]
        assert not table.isna().any(axis=None)
        table.to_parquet(tmp_path / "table.parquet")
        pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "table.parquet"), table)

    @pytest.mark.parametrize("name", TABLES)
    def test_every_column_is_documented(self, results, name, project):
        docs = (project / "docs/concept_analysis.md").read_text()
        documented = set(re.findall("`([^`\n]+)`", docs.replace("```", "")))
        affix = "^(valid|test)_|_(low|high|without_leaks)$"
        columns = {re.sub(affix, "", column) for column in results[name]}
        assert columns - documented == set()

    def test_headline_stands_beside_its_controls(self, results):
        summary = ca.ConceptSummary.model_validate(results["concept_summary"])
        assert summary.sae.n_found == 2
        assert summary.controls["amino_acid_identity"].n_found == 0
        assert set(summary.controls) == set(results["control_report"]["control"]) - {"sae"}
        assert json.loads(json.dumps(results["concept_summary"])) == results["concept_summary"]

    def test_without_leaks_nothing_changes(self, results):
        report = results["leakage_report"]
        assert report["test_f1"].tolist() == report["test_f1_without_leaks"].tolist()
        assert report["test_f1"].tolist() == results["concept_report"]["test_f1"].tolist()

    def test_hidden_annotations_come_back(self, results):
        recovered = results["recovered_annotations"]
        assert (recovered["n_returned"] > 0.5 * recovered["n_hidden"]).all()

    def test_plots_are_figures_with_data(self, results):
        for name in ("control_plot", "category_plot", "precision_recall_plot", "threshold_plot"):
            assert len(results[name].data) > 0

    def test_calibration_finds_nothing(self, results):
        calibration = ca.Calibration.model_validate(results["calibration_report"])
        assert calibration.null.share_discovered < 0.05
        assert set(calibration.intervals) == {"valid", "test"}


class TestInterplmProtocol:
    def test_the_whole_analysis_follows_it(self, inputs):
        scoring = ca.ScoringSettings(protocol="interplm", min_instances=0)
        data = run(create_pipeline(), inputs | PARAMETERS | {"params:scoring": scoring})
        report, leakage = data["concept_report"], data["leakage_report"]
        assert not report.isna().any(axis=None)
        assert leakage["test_f1"].tolist() == report["test_f1"].tolist()


class TestPoorInput:
    """What there is nothing to say about is said to be so; no score is ever NaN."""

    def analyse(self, inputs, **changed):
        data = run(create_pipeline(), inputs | PARAMETERS | changed)
        for name in TABLES:
            assert not data[name].isna().any(axis=None), name
        return data, ca.ConceptSummary.model_validate(data["concept_summary"])

    def annotations_outside(self, inputs, *splits):
        split = inputs["annotations"]["accession"].map(
            inputs["proteins"].set_index("accession")["split"]
        )
        return inputs["annotations"][~split.isin(splits)]

    def test_a_test_split_without_annotations(self, inputs):
        left = self.annotations_outside(inputs, "test")
        data, summary = self.analyse(inputs, annotations=left)
        assert data["concept_report"]["note"].str.startswith("no instance in test").all()
        assert set(summary.concepts_without_test_instance) == {"Helix", "Active site: any"}

    @pytest.mark.parametrize("splits", [("valid",), ("train", "valid", "test")])
    def test_a_valid_split_without_annotations(self, inputs, splits):
        left = self.annotations_outside(inputs, *splits)
        data, summary = self.analyse(inputs, annotations=left)
        assert summary.concepts_without_pair == ["Active site: any", "Helix"]
        assert data["concept_report"].empty

    def test_features_that_never_fire(self, inputs):
        silent = copy.copy(inputs["sae"])
        silent.encode_sparse = lambda x: (torch.zeros(len(x), 1).long(), torch.zeros(len(x), 1))
        data, summary = self.analyse(inputs, sae=silent)
        assert data["pair_scores"].empty
        assert summary.sae.n_concepts == 0
        assert summary.controls["raw_neurons"].n_concepts == 2
        with pytest.raises(ca.ConceptTableError, match="nothing to calibrate"):
            run(create_calibration(), data)


class TestGuards:
    def test_an_sae_of_another_layer_is_refused(self, inputs):
        """Regression: a checkpoint of another layer loaded without a word (fault 23)."""
        sae = make_sae({"architecture": "topk", "d_model": 6, "d_sae": 12, "k": 2})
        sae.provenance = Provenance(plm_id="made-up", layer=3)
        tables = [inputs[name] for name in ("proteins", "annotations", "concepts")]
        counting = PARAMETERS["params:counting"]
        with pytest.raises(CheckpointMismatch, match="layer"):
            count_held_out_overlaps(inputs["activations"], sae, *tables, counting)
