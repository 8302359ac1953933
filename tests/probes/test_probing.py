import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.linear_model import LogisticRegression

from plmscope.activations import ActivationStore, job_from_arrays, write_store
from plmscope.concepts import AnnotatedProteins, UncertaintySettings
from plmscope.probes import ProbeSettings, probe_activations, probe_features, report_probes
from plmscope.probes.fitting import fit_probes
from plmscope.probes.rows import FittedRows
from plmscope.probes.selection import correlate
from plmscope.saes import SAE, make_sae

N, LENGTH, D_MODEL = 45, 40, 6
SETTINGS = ProbeSettings(strengths=(0.01, 1.0), n_features=(1, 2), max_positives=10_000)
UNCERTAINTY = UncertaintySettings(n_resamples=100)


@pytest.fixture(scope="module")
def annotated() -> AnnotatedProteins:
    """ "Whole" at residues 6 to 10 of two proteins of three, "Both" at 21 to 25 of the same."""
    names = [f"P{number:02d}" for number in range(N)]
    proteins = pd.DataFrame(
        {
            "accession": names,
            "sequence": "A" * LENGTH,
            "length": LENGTH,
            "split": [("train", "valid", "test")[number % 3] for number in range(N)],
            "cluster": names,
            "origin": "annotated",
        }
    )
    rows = [
        (name, "Site", concept, "span", start, start + 4, 2 * number + place)
        for number, name in enumerate(names)
        if number % 9 < 6
        for place, (concept, start) in enumerate((("Site: whole", 6), ("Site: both", 21)))
    ]
    columns = ["accession", "category", "concept", "level", "start", "end", "instance"]
    annotations = pd.DataFrame(rows, columns=columns)
    concepts = annotations[["concept", "category", "level"]].drop_duplicates(ignore_index=True)
    return AnnotatedProteins(proteins, annotations, concepts.assign(kept=True, reason=""))


@pytest.fixture(scope="module")
def store(annotated, tmp_path_factory) -> ActivationStore:
    """Dimension 0 says "whole"; 1 and 2 say "both" together, and each alone is elsewhere too."""
    rng = np.random.default_rng(0)
    known = set(annotated.annotations["accession"])
    arrays = {}
    for name in annotated.proteins["accession"]:
        x = np.abs(rng.normal(scale=0.05, size=(LENGTH, D_MODEL))).astype(np.float32)
        if name in known:
            x[5:10, 0] += 1
            x[20:25, 1:3] += 1
        x[30:36, 1] += 1
        x[12:18, 2] += 1
        arrays[name] = x
    job = job_from_arrays(arrays, plm_id="made-up", layer=2, shard_residues=300)
    return ActivationStore.open(write_store(tmp_path_factory.mktemp("store"), job)[2])


@pytest.fixture(scope="module")
def sae() -> SAE:
    sae = make_sae({"architecture": "identity", "d_model": D_MODEL, "d_sae": D_MODEL})
    sae.calibrate([torch.stack([torch.zeros(D_MODEL), torch.ones(D_MODEL)])])
    return sae


def test_the_ceiling_finds_what_is_there(store, annotated):
    scores = probe_activations(store, annotated, SETTINGS, UNCERTAINTY).set_index("concept")
    assert scores.loc["Site: whole", "test_f1"] > 0.99
    assert scores.loc["Site: both", "test_f1"] > 0.99


def test_one_feature_has_the_whole_one_and_two_the_split_one(store, sae, annotated):
    scores = probe_features(store, sae, annotated, SETTINGS, UNCERTAINTY)
    f1 = scores.set_index(["concept", "probe"])["test_f1"]
    assert f1["Site: whole", "1 feature"] > 0.99
    assert f1["Site: both", "1 feature"] < 0.8
    assert f1["Site: both", "2 features"] > 0.99
    used = scores.set_index(["concept", "probe"])["features"]
    assert set(used["Site: both", "2 features"]) == {1, 2}


def test_verdicts_say_so(store, sae, annotated):
    best = pd.DataFrame(
        {
            "concept": ["Site: whole", "Site: both"],
            "test_f1": [1.0, 0.6],
            "test_f1_per_residue": 0.5,
        }
    )
    concepts = annotated.concepts.assign(counted=True)
    nothing = pd.DataFrame({"concept": ["Site: nothing"], "counted": [True]})
    report = report_probes(
        probe_activations(store, annotated, SETTINGS, UNCERTAINTY),
        probe_features(store, sae, annotated, SETTINGS, UNCERTAINTY),
        {"best_feature": best},
        pd.concat([concepts, nothing], ignore_index=True),
        SETTINGS,
    ).set_index("concept")
    assert report["verdict"].to_dict() == {
        "Site: whole": "whole", "Site: both": "split", "Site: nothing": "not found",
    }  # fmt: skip
    assert report["gap"].isna().all()
    assert report.loc["Site: nothing", "ceiling_f1"] == 0


def test_missed_is_what_no_few_features_have(store, sae, annotated):
    best = pd.DataFrame({"concept": ["Site: both"], "test_f1": [0.6]})
    few = probe_features(store, sae, annotated, SETTINGS, UNCERTAINTY)
    report = report_probes(
        probe_activations(store, annotated, SETTINGS, UNCERTAINTY),
        few[few["probe"] == "1 feature"],
        {"best_feature": best},
        annotated.concepts.assign(counted=True),
        SETTINGS,
    )
    assert report.set_index("concept").loc["Site: both", "verdict"] == "missed"


def test_correlations_equal_those_of_numpy(store, sae, annotated):
    labels = annotated.labels("train")
    train = store.select(annotated.of_split("train")["accession"])
    labels = labels.select(list(train.accessions))
    found = correlate(train, sae, labels, 2, 100)
    x = np.concatenate([sae.encode(block.x).numpy() for block in train.blocks()])
    for number in range(2):
        carries = labels.marked(labels.concepts["concept"].iloc[number])
        for feature in range(D_MODEL):
            expected = np.corrcoef(carries, x[:, feature])[0, 1]
            assert found[number, feature] == pytest.approx(expected, abs=1e-5)


def test_a_probe_is_scikit_learns_in_the_inputs_own_units():
    rng = np.random.default_rng(1)
    x = rng.normal(loc=5, scale=[1, 10, 0.1], size=(400, 3))
    y = x[:, 0] + x[:, 1] / 10 + rng.normal(size=400) > 6
    weights = rng.uniform(0.5, 2, 400)
    settings = ProbeSettings(strengths=(0.1,), max_iterations=1000)
    ((coefficients, bias),) = fit_probes(x, FittedRows(np.arange(400), y, weights), settings)
    model = LogisticRegression(C=0.1, tol=1e-6, max_iter=1000)
    standardised = (x - x.mean(axis=0)) / x.std(axis=0)
    model.fit(standardised, y, sample_weight=weights)
    expected = model.decision_function(standardised)
    np.testing.assert_allclose(x @ coefficients + bias, expected, atol=0.05)
