"""A data root as `kedro run` leaves it, fabricated in a moment."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from plmscope.disk.files import write_sealed_json

N_FEATURES = 40
N_PROTEINS = 12
N_BINS = 25
CONCEPTS = [
    "Helix",
    "Signal peptide",
    "Domain: <img src=x onerror=alert(1)>",
    "Domain: <b>SH3</b>",
    "Amino acid: C",
]


def _write(frame: pd.DataFrame, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    frame.to_parquet(path)


def _proteins(rng: np.random.Generator) -> pd.DataFrame:
    sequences = [
        "".join(rng.choice(list("ACDEFGHIKLMNPQRSTVWY"), size=length))
        for length in rng.integers(40, 500, N_PROTEINS)
    ]
    numbers = range(N_PROTEINS)
    return pd.DataFrame(
        {
            "accession": [f"P{number:05d}" for number in numbers],
            "entry_name": [f"PROT{number}_HUMAN" for number in numbers],
            "protein_name": [f"Protein kinase {number}" for number in numbers],
            "gene_names": [f"GENE{number} ALIAS{number}" for number in numbers],
            "organism": "Homo sapiens (Human)",
            "length": [len(sequence) for sequence in sequences],
            "sequence": sequences,
            "origin": "annotated",
            "cluster": "P00000",
            "split": "test",
        }
    )


def _annotations(proteins: pd.DataFrame) -> pd.DataFrame:
    rows = [
        (accession, concept, start, start + 14)
        for accession in proteins["accession"]
        for concept, start in zip(CONCEPTS[:4], (2, 12, 20, 25), strict=True)
    ]
    frame = pd.DataFrame(rows, columns=["accession", "concept", "start", "end"])
    return frame.assign(
        category=frame["concept"].str.split(":").str[0],
        level="span",
        instance=np.arange(len(frame)),
    )


def _statistics(rng: np.random.Generator) -> pd.DataFrame:
    features = np.arange(N_FEATURES)
    alive = features > 0
    return pd.DataFrame(
        {
            "feature": features,
            "max_activation": 1.0 * alive,
            "mean_when_active": rng.uniform(0.1, 0.6, N_FEATURES) * alive,
            "n_residues_active": rng.integers(5, 900, N_FEATURES) * alive,
            "n_proteins_active": rng.integers(1, N_PROTEINS, N_FEATURES) * alive,
            "fraction_of_residues": rng.uniform(0.001, 0.1, N_FEATURES) * alive,
            "fraction_of_proteins": rng.uniform(0.01, 1.0, N_FEATURES) * alive,
            "fraction_when_present": rng.uniform(0.01, 0.5, N_FEATURES) * alive,
            "histogram": list(rng.integers(0, 300, (N_FEATURES, N_BINS)) * alive[:, None]),
        }
    )


def _examples(rng: np.random.Generator, proteins: pd.DataFrame) -> pd.DataFrame:
    rows = []
    groups = [("top", 0.0, 1.0, 6), ("range", 0.0, 0.2, 2), ("range", 0.8, 1.0, 2)]
    for feature in range(1, N_FEATURES):
        for kind, low, high, n_examples in groups:
            for rank, number in enumerate(rng.permutation(N_PROTEINS)[:n_examples], start=1):
                length = proteins["length"].iloc[number]
                positions = np.sort(rng.choice(length, 20, replace=False) + 1).astype(np.int32)
                values = (rng.uniform(0, high, 20)).astype(np.float32)
                values[7] = high
                rows.append(
                    {
                        "feature": feature,
                        "kind": kind,
                        "range_low": low,
                        "range_high": high,
                        "rank": rank,
                        "accession": proteins["accession"].iloc[number],
                        "peak": values.max(),
                        "peak_position": positions[7],
                        "positions": positions,
                        "values": values,
                    }
                )
    return pd.DataFrame(rows)


def _pair_scores(rng: np.random.Generator) -> pd.DataFrame:
    pairs = [(feature, concept) for feature in range(1, N_FEATURES) for concept in CONCEPTS]
    frame = pd.DataFrame(pairs, columns=["feature", "concept"])
    frame["category"] = frame["concept"].str.split(":").str[0]
    frame["level"] = "span"
    frame["threshold"] = rng.choice([0.0, 0.15, 0.5, 0.6, 0.8], len(frame))
    for split in ("valid", "test"):
        for score in ("precision", "recall", "recall_per_instance", "f1", "f1_per_residue"):
            frame[f"{split}_{score}"] = rng.uniform(0.2, 0.9, len(frame))
        frame[f"{split}_tp"], frame[f"{split}_fp"] = 90, 10
    frame["counted"] = True
    return frame


def _write_search(root: Path) -> None:
    """Three trials, of which the last is chosen; each plot in two versions, titled by its time."""
    trials = pd.DataFrame(
        {
            "trial": [0, 1, 2],
            "state": ["complete", "failed", "complete"],
            "reason": ["", "fvu is <nan>", ""],
            "fvu": pd.array([0.31, None, 0.29], "Float64"),
            "l0": pd.array([8.0, None, 7.5], "Float64"),
            "dead_fraction": pd.array([0.02, None, 0.01], "Float64"),
            "concept_f1": pd.array([None, None, None], "Float64"),
            "n_residues": pd.array([4096, 1024, 4096], "Int64"),
            "architecture": ["topk", "relu", "topk"],
            "learning_rate": [1e-3, 2e-3, 4e-3],
            "k": pd.array([8, None, 7], "Int64"),
        }
    )
    _write(trials, root / "05_model_input/tiny/layer_2/default/sae_search_trials.parquet")
    config = {
        "sae": {"architecture": "topk", "k": 7},
        "training": {"n_steps": 500, "learning_rate": 4e-3},
        "trial": 2,
        "reason": "Lowest fvu of the 2 complete trials with L0 <= 8: trial 2.",
    }
    write_sealed_json(root / "06_models/tiny/layer_2/default/sae_config.json", config)
    for plot in ("history", "front", "importances", "slices", "parallel"):
        for version in ("2024-12-31T23.59.59.999Z", "2025-01-01T00.00.00.000Z"):
            layout = {"title": {"text": f"{plot} of {version[:4]}"}}
            figure = {"data": [{"type": "scatter", "y": [3, 1, 2]}], "layout": layout}
            name = f"sae_search_{plot}.json"
            path = root / "08_reporting/tiny/layer_2/default" / name / version / name
            write_sealed_json(path, figure)


def _missing(proteins: pd.DataFrame) -> pd.DataFrame:
    """Three of transmembrane helices, one of them explained, and two of another concept."""
    concepts = ["Transmembrane: Helical"] * 3 + ["Domain: <b>SH3</b>"] * 2
    return pd.DataFrame(
        {
            "concept": concepts,
            "feature": [1, 1, 2, 3, 3],
            "accession": proteins["accession"].iloc[:5],
            "start": 5,
            "end": 25,
            "peak": [0.9, 0.8, 0.7, 0.6, 0.5],
            "precision_low": [0.9, 0.8, 0.7, 0.6, 0.5],
            "annotated_as": ["", "", "Intramembrane", "", ""],
            "is_explained": [False, False, True, False, False],
            "protein_name": proteins["protein_name"].iloc[:5],
        }
    )


@pytest.fixture(scope="session")
def data_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tables of one reported run, `tiny` layer 2 `default`; only plots have versions."""
    root = tmp_path_factory.mktemp("data")
    rng = np.random.default_rng(0)
    proteins = _proteins(rng)
    pairs = _pair_scores(rng)
    annotated = pairs[pairs["category"] != "Amino acid"]
    best = annotated.sort_values("valid_f1", ascending=False).drop_duplicates("concept")
    _write(proteins, root / "03_primary/proteins.parquet")
    _write(_annotations(proteins), root / "03_primary/annotations.parquet")
    reports = root / "08_reporting/tiny/layer_2/default"
    _write(pairs, reports / "pair_scores.parquet")
    _write(best, reports / "concept_report.parquet")
    _write(_statistics(rng), reports / "feature_statistics.parquet")
    described = pd.DataFrame({"feature": range(N_FEATURES), "description": "On <i> and off."})
    _write(described, reports / "feature_table.parquet")
    _write(_missing(proteins), reports / "missing_annotations.parquet")
    _write(_examples(rng, proteins), reports / "feature_examples.parquet")
    _write_search(root)
    return root
