"""A small atlas over the tiny PLM, made by the stages' own functions; its labels are made up."""

from __future__ import annotations

import numpy as np
import pandas as pd

from plmscope.activations import ActivationStore, EmbeddingSettings, embedding_job, write_store
from plmscope.atlas import Atlas, AtlasSettings, make_atlas, make_feature_table
from plmscope.concepts import (
    AnnotatedProteins,
    CountingSettings,
    UncertaintySettings,
    calibrate_calls,
    call_pairs,
    labelled_features,
)
from plmscope.features import (
    FamilySettings,
    MotifSettings,
    PatternSettings,
    ReportingSettings,
    describe_features,
    describe_peaks,
    examine_named_features,
    group_features,
    learn_motifs,
    profile_proteins,
    survey_features,
)
from plmscope.plms import load_plm
from plmscope.saes import Provenance, make_sae

LAYER, D_SAE, N_PROTEINS = 2, 24, 40
LETTERS = np.array(list("ACDEFGHIKLMNPQRSTVWY"))
SPECIAL, GENERAL, RESIDUE = "Domain: SH3", "Domain: any", "Disulfide bond"
PAIRS = pd.DataFrame(
    {
        "concept": [SPECIAL, GENERAL, RESIDUE],
        "category": ["Domain", "Domain", "Disulfide bond"],
        "level": ["span", "span", "residue"],
        "feature": [3, 3, 5],
        "threshold": [0.15, 0.0, 0.5],
        "test_threshold": [0.15, 0.0, 0.5],
        "counted": True,
        "longest": [8, 12, 1],
        "p_value": 0.01,
        "q_value": 0.02,
        **{
            f"{split}_{score}": 0.6
            for split in ("valid", "test")
            for score in ("precision", "recall", "f1", "f1_per_residue")
        },
    }
)

NO_LADDER = pd.DataFrame(
    columns=["feature", "rung", "effect", "effect_low", "effect_high", "above_controls_low"]
)


def make_proteins(n: int = N_PROTEINS, seed: int = 0) -> pd.DataFrame:
    """Random proteins; every two share a homology cluster."""
    rng = np.random.default_rng(seed)
    sequences = ["".join(rng.choice(LETTERS, size=size)) for size in rng.integers(30, 90, n)]
    split = np.array(["train", "valid", "test", "test"])[(np.arange(n) // 2) % 4]
    return pd.DataFrame(
        {
            "accession": [f"P{number:05d}" for number in range(n)],
            "entry_name": [f"PROT{number}_HUMAN" for number in range(n)],
            "protein_name": [f"Protein {number} (EC 1.1.1.1)" for number in range(n)],
            "gene_names": [f"GENE{number}" for number in range(n)],
            "organism": "Homo sapiens (Human)",
            "length": [len(sequence) for sequence in sequences],
            "sequence": sequences,
            "origin": "annotated",
            "cluster": [f"P{number // 2 * 2:05d}" for number in range(n)],
            "split": split,
        }
    )


def make_annotations(proteins: pd.DataFrame) -> pd.DataFrame:
    rows = []
    for number, accession in enumerate(proteins["accession"]):
        if number % 3:
            rows += [(accession, "Domain", c, "span", 5, 12, number) for c in (SPECIAL, GENERAL)]
        rows.append((accession, "Disulfide bond", RESIDUE, "residue", 20, 20, 1000 + number))
    columns = ["accession", "category", "concept", "level", "start", "end", "instance"]
    return pd.DataFrame(rows, columns=columns)


def make_small_atlas(plm_folder: str, store_folder) -> tuple[Atlas, ActivationStore]:
    """The atlas, and the store of the activations of its proteins."""
    plm = load_plm(plm_folder)
    proteins = make_proteins()
    annotations = make_annotations(proteins)
    concepts = annotations[["concept", "category", "level"]].drop_duplicates(ignore_index=True)
    annotated = AnnotatedProteins(proteins, annotations, concepts.assign(kept=True, reason=""))
    job = embedding_job(proteins, plm, EmbeddingSettings(layers=(LAYER,)))
    store = ActivationStore.open(write_store(store_folder, job)[LAYER])
    sae = make_sae({"architecture": "topk", "d_model": plm.d_model, "d_sae": D_SAE, "k": 4})
    sae.set_input_normalisation(store.protein("P00000").mean(0), 0.5)
    sae.calibrate([store.protein(name) for name in annotated.of_split("train")["accession"]])
    sae.provenance = Provenance(
        plm_id=plm.plm_id, plm_revision=plm.revision, layer=LAYER, token_rule=plm.token_rule
    )
    reporting, counting = ReportingSettings(n_top=3, n_per_range=1), CountingSettings()
    survey = survey_features(store, sae, proteins, reporting, PatternSettings())
    statistics, examples = survey.statistics, survey.examples
    profiles, clusters = profile_proteins(store, sae, statistics, proteins, reporting)
    named = examine_named_features(
        store, sae, annotated, PAIRS, counting, UncertaintySettings(n_resamples=100)
    )
    motifs = learn_motifs(survey.peaks, proteins, D_SAE, MotifSettings())
    names = named.set_index("feature")["concept"]
    members, families, _ = group_features(
        sae, survey.patterns, survey.coactivation, names, FamilySettings()
    )
    at_peaks = describe_peaks(survey.peaks, annotated)
    descriptions = describe_features(
        survey.patterns, motifs, members, families, at_peaks, NO_LADDER
    )
    table = make_feature_table(
        sae, PAIRS, named, statistics, clusters, descriptions, proteins["length"]
    )
    labelled = labelled_features(store, sae, annotated.all_labels())
    precision, _ = calibrate_calls(call_pairs(labelled, PAIRS, counting), annotated)
    card = AtlasSettings(plm_source=plm_folder, sources=("Made up",))
    return make_atlas(sae, annotated, table, precision, profiles, examples, card), store
