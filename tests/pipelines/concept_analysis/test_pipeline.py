import copy
import json
import re
from unittest.mock import Mock

import numpy as np
import pandas as pd
import pytest
import torch

from plmscope import concepts as ca
from plmscope.activations import ActivationStore, job_from_arrays, write_store
from plmscope.pipelines.concept_analysis import create_pipeline
from plmscope.pipelines.statistics_check import create_pipeline as create_check
from plmscope.saes import Provenance, make_sae

PARAMETERS = {
    "params:counting": ca.CountingSettings(max_residues=500),
    "params:scoring": ca.ScoringSettings(),
    "params:uncertainty": ca.UncertaintySettings(n_resamples=100, n_permutations=20),
    "params:controls": ca.ControlSettings(window=3),
    "params:suggestions": ca.SuggestionSettings(),
    "params:statistics_check": ca.StatisticsCheckSettings(n_shuffles=3, n_samples=3),
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
    """Ninety proteins whose neuron 2 is high in their helix and neuron 3 at their active site; one
    in four has no helix."""
    rng = np.random.default_rng(0)
    arrays, rows, proteins = {}, [], []
    for number in range(90):
        name = f"P{number:02d}"
        x = rng.normal(size=(40, 6)).astype(np.float32)
        start, site = (int(place) for place in rng.integers(1, 30, size=2))
        x[site - 1, 3] += 8
        arrays[name] = x
        sequence = "".join(rng.choice(list("ACDEFGHIKLMNPQRSTVWY"), 40))
        split = ("train", "valid", "test")[number % 3]
        proteins.append((name, sequence, 40, "annotated", f"P{number // 6 * 6:02d}", split))
        if number % 4:
            x[start - 1 : start + 7, 2] += 6
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
        "proteins": proteins.assign(protein_name="Made up"),
        "annotations": annotations,
        "concepts": concepts.assign(kept=True, reason=""),
        "leakage_audit": held_out[["accession", "split"]].assign(above_threshold=False),
    }


@pytest.fixture(scope="module")
def documented(project):
    """Everything that the page sets in code."""
    page = (project / "docs/concept_analysis.md").read_text()
    return set(re.findall("`([^`\n]+)`", page.replace("```", "")))


def run(pipeline, data):
    """Every dataset of a whole run of a pipeline."""
    tables = (data[name] for name in ("proteins", "annotations", "concepts"))
    data = data | {"annotated_proteins": ca.AnnotatedProteins(*tables)}
    for node in pipeline.nodes:
        data = data | node.run({name: data[name] for name in node.inputs})
    return data


@pytest.fixture(scope="module")
def results(inputs):
    """The pipeline, and the check after it, with an SAE that must stay where it is."""
    sae = copy.copy(inputs["sae"])
    sae.to = Mock(side_effect=AssertionError("a node moved the SAE"))
    return run(create_pipeline() + create_check(), inputs | PARAMETERS | {"sae": sae})


@pytest.fixture(scope="module")
def values(inputs):
    """The features at every residue of each split: rows by (accession, position)."""
    split_of = inputs["proteins"].set_index("accession")["split"]
    rows: dict[str, dict] = {"train": {}, "valid": {}, "test": {}}
    for split, of_split in rows.items():
        store = inputs["activations"].select(split_of.index[split_of == split])
        for block in store.blocks(500):
            dense = iter(inputs["sae"].encode(block.x).detach().numpy())
            for accession, length in zip(block.accessions, np.diff(block.offsets), strict=True):
                of_split |= {(accession, position + 1): next(dense) for position in range(length)}
    return rows


@pytest.fixture(scope="module")
def carriers(inputs):
    """The residues that carry each concept, all splits."""
    residues: dict[str, set] = {}
    for row in inputs["annotations"].itertuples():
        span = {(row.accession, position) for position in range(row.start, row.end + 1)}
        residues.setdefault(row.concept, set()).update(span)
    for row in inputs["proteins"].itertuples():
        for position, letter in enumerate(row.sequence, start=1):
            residues.setdefault(f"Amino acid: {letter}", set()).add((row.accession, position))
    return residues


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
    def test_every_column_is_documented(self, results, name, documented):
        affix = "^(valid|test)_|_(low|high|without_leaks)$"
        columns = {re.sub(affix, "", column) for column in results[name]}
        assert columns - documented == set()

    @pytest.mark.parametrize("record", [ca.Headline, ca.ConceptSummary])
    def test_every_figure_is_documented(self, record, documented):
        assert set(record.model_fields) - documented == set()

    def test_headline_stands_beside_its_controls(self, results):
        summary = ca.ConceptSummary.model_validate(results["concept_summary"])
        assert summary.sae.n_found == summary.sae.n_found_by_bound == 1
        assert summary.controls["raw_neurons"].n_found_by_bound == 1
        assert summary.controls["amino_acid_identity"].n_found == 0
        assert set(summary.controls) == set(results["control_report"]["control"]) - {"sae"}
        assert json.loads(json.dumps(results["concept_summary"])) == results["concept_summary"]

    def test_a_pooled_concept_is_in_the_tables_but_in_no_headline(self, results):
        for name in ("pair_scores", "concept_report", "control_report"):
            table = results[name]
            assert set(table.loc[~table["counted"], "concept"]) == {"Active site: any"}
        summary = ca.ConceptSummary.model_validate(results["concept_summary"])
        assert summary.sae.n_concepts == summary.sae.n_concepts_above_half == 1
        assert all(control.n_concepts <= 1 for control in summary.controls.values())

    def test_intervals_of_controls_are_those_of_the_sae_s_code(self, results):
        report = results["concept_report"]
        of_sae = results["control_report"].query("control == 'sae'")
        shared = [column for column in of_sae if column in report]
        pd.testing.assert_frame_equal(of_sae[shared], report[shared])
        controls = results["control_report"]
        assert (controls["test_f1_low"] <= controls["test_f1"]).all()
        assert (controls["test_f1"] <= controls["test_f1_high"]).all()

    def test_clusters_that_carry_the_concept_stand_beside_the_intervals(self, inputs, results):
        of_test = inputs["proteins"].query("split == 'test'")[["accession", "cluster"]]
        carried = inputs["annotations"].merge(of_test, on="accession")
        expected = carried.groupby("concept")["cluster"].nunique()
        counted = results["concept_report"].set_index("concept")["test_n_clusters"]
        assert counted.to_dict() == expected.to_dict()

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

    def test_the_statistics_check_finds_nothing(self, results):
        check = ca.StatisticsCheck.model_validate(results["statistics_check_report"])
        assert check.null.fraction_discovered < 0.05
        assert set(check.intervals) == {"valid", "test"}


class TestFalsePositives:
    @pytest.mark.parametrize("split", ["valid", "test"])
    def test_of_the_written_table_are_residues_of_all_proteins(
        self, results, values, carriers, split
    ):
        """Regression: with false positives counted only in proteins that carry the concept, a
        feature that fires everywhere got too high a precision (docs/faults.md, fault 15)."""
        pairs = results["pair_scores"]
        assert pairs["concept"].nunique() == 22
        for pair in pairs.to_dict("records"):
            threshold = np.float32(pair["threshold"])
            on = {
                residue
                for residue, features in values[split].items()
                if features[pair["feature"]] > threshold
            }
            assert pair[f"{split}_tp"] == len(on & carriers[pair["concept"]])
            assert pair[f"{split}_fp"] == len(on - carriers[pair["concept"]])

    @pytest.mark.parametrize("split", ["valid", "test"])
    def test_are_what_precision_is_made_of(self, results, split):
        pairs = results["pair_scores"]
        tp, fp = pairs[f"{split}_tp"], pairs[f"{split}_fp"]
        expected = (tp / (tp + fp)).fillna(0.0)
        assert pairs[f"{split}_precision"].tolist() == pytest.approx(expected.tolist())

    def test_in_annotated_proteins_are_fewer(self, results):
        helix = results["pair_scores"].query("concept == 'Helix'")
        assert (helix["test_fp_annotated"] < helix["test_fp"]).any()


class TestInterplmProtocol:
    def test_the_whole_analysis_follows_it(self, inputs):
        scoring = ca.ScoringSettings(protocol="interplm", min_instances=0)
        data = run(create_pipeline(), inputs | PARAMETERS | {"params:scoring": scoring})
        report, leakage = data["concept_report"], data["leakage_report"]
        assert not report.isna().any(axis=None)
        assert leakage["test_f1"].tolist() == report["test_f1"].tolist()
        summary = ca.ConceptSummary.model_validate(data["concept_summary"])
        assert summary.sae.n_concepts == summary.sae.n_found == 2  # a pooled one among them


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
        assert summary.controls["raw_neurons"].n_concepts == 1
        with pytest.raises(ca.ConceptTableError, match="nothing to check"):
            run(create_check(), data)
