import numpy as np
import pandas as pd
import pytest
import torch
from scipy.sparse import csc_array
from sklearn.metrics import roc_auc_score

from plmscope.activations import ActivationStore, job_from_arrays, write_store
from plmscope.concepts import AnnotatedProteins, UncertaintySettings
from plmscope.features.motifs.control import (
    CONTROLLED,
    RADII,
    _auroc,
    control_motifs,
    profile_scores,
    summarise_motif_control,
)
from plmscope.features.settings import ReportingSettings
from plmscope.saes import SAE, make_sae

N = 60


@pytest.fixture(scope="module")
def annotated() -> AnnotatedProteins:
    """Sixty proteins of 40 residues with "Motif: X" at residues 11 to 15 of every second."""
    names = [f"P{number:02d}" for number in range(N)]
    proteins = pd.DataFrame(
        {
            "accession": names,
            "sequence": "A" * 40,
            "length": 40,
            "split": [("train", "valid", "test")[number % 3] for number in range(N)],
            "cluster": names,
            "origin": "annotated",
        }
    )
    annotations = pd.DataFrame(
        [(name, "Motif", "Motif: X", "span", 11, 15, n) for n, name in enumerate(names[::2])],
        columns=["accession", "category", "concept", "level", "start", "end", "instance"],
    )
    concepts = annotations[["concept", "category", "level"]].drop_duplicates(ignore_index=True)
    return AnnotatedProteins(proteins, annotations, concepts.assign(kept=True, reason=""))


@pytest.fixture(scope="module")
def store_and_sae(annotated, tmp_path_factory) -> tuple[ActivationStore, SAE]:
    """Feature 0 is on where the concept is, feature 1 at residue 30 of every protein."""
    arrays = {}
    for number, name in enumerate(annotated.proteins["accession"]):
        x = np.zeros((40, 2), dtype=np.float32)
        x[29, 1] = 1.0
        if number % 2 == 0:
            x[10:15, 0] = 1.0
        arrays[name] = x
    job = job_from_arrays(arrays, plm_id="made-up", layer=2)
    store = ActivationStore.open(write_store(tmp_path_factory.mktemp("store"), job)[2])
    sae = make_sae({"architecture": "identity", "d_model": 2, "d_sae": 2})
    sae.calibrate([torch.tensor([[0.0, 0.0], [1.0, 1.0]])])
    return store, sae


@pytest.fixture(scope="module")
def hits(annotated) -> pd.DataFrame:
    """The profile of feature 0 is at residue 13 of every protein, that of feature 1 is right."""
    held_out = annotated.proteins.loc[annotated.proteins["split"] != "train", "accession"]
    of_zero = pd.DataFrame({"accession": held_out, "feature": 0, "at_peak": 13, "share": 0.9})
    of_one = pd.DataFrame({"accession": held_out, "feature": 1, "at_peak": 30, "share": 0.8})
    both = pd.concat([of_zero, of_one], ignore_index=True)
    return both.assign(start=both["at_peak"] - 2, end=both["at_peak"] + 2, bits=9.0)


class TestScores:
    def test_are_the_best_hit_within_each_radius_and_inside_the_protein(self, annotated, hits):
        labels = annotated.labels("test")
        name = labels.accessions[0]
        one = hits[hits["accession"] == name].iloc[[0]]
        some = pd.concat([one.assign(at_peak=1, start=1, end=4), one.assign(at_peak=2, share=0.3)])
        dense = profile_scores(some, labels, [0]).values.toarray()  # noqa: PD011
        assert dense.shape == (labels.n_residues, len(RADII))
        for number, radius in enumerate(RADII):
            expected = np.zeros(labels.n_residues)
            spans = [(1, 4, 0.9), (one["start"].iloc[0], one["end"].iloc[0], 0.3)]
            if radius >= 0:
                spans = [(1 - radius, 1 + radius, 0.9), (2 - radius, 2 + radius, 0.3)]
            for low, high, value in spans:
                for place in range(max(low, 1), min(high, 40) + 1):
                    expected[place - 1] = max(expected[place - 1], value)
            np.testing.assert_allclose(dense[:, number], expected, rtol=1e-6)

    def test_encode_as_they_are(self, annotated, hits):
        scores = profile_scores(hits, annotated.labels("test"), [0, 1])
        dense = scores.values.toarray()  # noqa: PD011
        rows = 0
        for block in scores.blocks(100):
            indices, values = scores.encode_sparse(block.x)
            again = torch.zeros(len(block.x), scores.d_sae).scatter_add_(1, indices, values)
            np.testing.assert_allclose(again, dense[rows : rows + len(block.x)])
            rows += len(block.x)
        assert rows == scores.n_residues


class TestAuroc:
    def test_equals_scikit_learn(self):
        rng = np.random.default_rng(0)
        scores = np.where(rng.random(300) < 0.7, 0.0, rng.integers(1, 5, 300) / 5)
        is_on = rng.random(300) < 0.1 + 0.5 * scores
        found = _auroc(csc_array(scores[:, None]), 0, np.flatnonzero(is_on))
        assert found == pytest.approx(roc_auc_score(is_on, scores))


class TestControl:
    @pytest.fixture(scope="class")
    def report(self, annotated, store_and_sae, hits) -> pd.DataFrame:
        table = pd.DataFrame(
            {"feature": [0], "concept": ["Motif: X"], "test_f1": [1.0], "test_f1_low": [0.95]}
        )
        return control_motifs(
            hits, table, *store_and_sae, annotated, ReportingSettings(),
            UncertaintySettings(n_resamples=100),
        )  # fmt: skip

    def test_sets_a_named_feature_beside_its_motif(self, report: pd.DataFrame):
        """The profile fits in every protein, the concept is in every second: precision a half."""
        row = report.set_index("feature").loc[0]
        assert row["motif_test_f1"] == pytest.approx(2 / 3)
        assert row["is_above_motif"]

    def test_says_how_well_the_motif_tells_where_a_feature_is_on(self, report: pd.DataFrame):
        assert report.set_index("feature").loc[1, "motif_auroc"] == pytest.approx(1.0)

    def test_leaves_out_features_without_a_profile(self, report: pd.DataFrame):
        assert report["feature"].tolist() == [0, 1]
        assert list(report) == CONTROLLED

    def test_adds_up(self, report: pd.DataFrame):
        summary = summarise_motif_control(report)
        assert (summary["n_named"], summary["n_above_motif"]) == (1, 1)
        assert (summary["n_features"], summary["n_told_by_motif"]) == (2, 2)

    def test_of_no_hits_is_empty(self, annotated, store_and_sae, hits):
        table = pd.DataFrame(
            {"feature": [0], "concept": ["Motif: X"], "test_f1": 1.0, "test_f1_low": 0.9}
        )
        none = control_motifs(
            hits.iloc[:0], table, *store_and_sae, annotated, ReportingSettings(),
            UncertaintySettings(n_resamples=100),
        )  # fmt: skip
        assert none.empty
        assert summarise_motif_control(none)["n_named"] == 0
