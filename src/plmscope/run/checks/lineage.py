"""Stages check each other: what a node is given must come from the same proteins, SAE, splits.

Each dataset that carries a hash makes *claims*, such as "the sequences of `proteins` have this
hash". The claims of all that a node is given must agree. Whatever is made with an SAE, counts and
tables, is stamped with the claims of all that it was made from, so that it can be asked later.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd

from plmscope import saes
from plmscope.disk.files import sha256_of_json
from plmscope.errors import PlmscopeError
from plmscope.proteins import hash_of_accessions, hash_of_proteins

if TYPE_CHECKING:
    from plmscope.activations import ActivationStore
    from plmscope.concepts import OverlapCounts
    from plmscope.proteins import ProteinTables

MADE_FROM = "made_from"
PROTEINS = ("proteins", "planted_proteins", "random_split_proteins")
TABLES = (
    "annotations",
    "concepts",
    "planted_annotations",
    "planted_concepts",
    "random_split_concepts",
)
TABLES_WITHIN = {
    "annotated_proteins": ("proteins", "annotations", "concepts"),
    "annotated_random_split": ("random_split_proteins", "annotations", "random_split_concepts"),
    "annotated_planted": ("planted_proteins", "planted_annotations", "planted_concepts"),
}
"""The tables in an `AnnotatedProteins`."""

PROTEINS_OF_STORE = {
    "activations": "proteins",
    "random_plm_activations": "proteins",
    "planted_activations": "planted_proteins",
    "evaluated_activations": "evaluated_fasta",
}
STORE_OF_SAE = {
    "sae": "activations",
    "random_plm_sae": "random_plm_activations",
    "planted_sae": "planted_activations",
}
USED_ON = {
    "sae": ("activations", "shuffled_activations"),
    "random_plm_sae": ("random_plm_activations",),
    "planted_sae": ("planted_activations",),
    "random_split_sae": ("activations",),
    "evaluated_sae": ("evaluated_activations",),
}
"""Which SAE encodes which activations, where a node is given both."""

MAKE_CLAIMS = {
    *PROTEINS,
    *TABLES,
    *TABLES_WITHIN,
    *PROTEINS_OF_STORE,
    *STORE_OF_SAE,
    "shuffled_activations",
    "leakage_audit",
    "pair_scores",
    "concept_report",
    "control_report",
    "control_pairs",
    "random_plm_pairs",
    "shuffled_pairs",
    "scored_pairs",
    "best_pairs",
    "valid_overlap_counts",
    "test_overlap_counts",
    "feature_statistics",
    "feature_examples",
    "example_proteins",
    "sae_evaluation",
    "call_precision",
    "test_calls",
    "named_features",
    "feature_pairs",
    "protein_profiles",
    "feature_clusters",
    "feature_table",
    "feature_patterns",
    "feature_peaks",
    "feature_coactivation",
    "feature_motifs",
    "feature_map",
    "feature_families",
    "map_agreement",
    "feature_descriptions",
    "end_effects",
    "missing_annotations",
    "recovered_annotations",
    "profile_hits",
    "motif_control_report",
    "feature_ablations",
    "feature_effects",
    "feature_ladder",
    "glycine_repeats",
    "feature_probes",
    "probe_report",
    "structure_residues",
    "structure_measures",
    "structure_tests",
    "llm_proteins",
}
"""Datasets by which stages hand over to each other."""

Claims = dict[str, str]
"""What a dataset says of another or of itself, as "dataset: aspect", and the hash."""


class StaleInputError(PlmscopeError):
    """Two datasets that do not belong together."""


class Disagreement(NamedTuple):
    """Two datasets of which one was made from something else than the other.

    Attributes:
        stale: The dataset to make again.
        other: What it does not fit.
        about: What they disagree about: "proteins: sequences".
    """

    stale: str
    other: str
    about: str


def agreed_claims(inputs: Mapping[str, Any]) -> tuple[Claims, list[Disagreement]]:
    """What all inputs of a node say together, and where they disagree.

    Args:
        inputs: By dataset name.
    """
    said: dict[str, dict[str, str]] = {}
    for name, data in tables_within(inputs).items():
        for about, value in claims_of(name, data).items():
            said.setdefault(about, {})[name] = value
    claims, disagreements = {}, []
    for about, by_name in said.items():
        owner = about.partition(":")[0]
        trusted = owner if owner in by_name else next(iter(by_name))
        claims[about] = by_name[trusted]
        disagreements += [
            Disagreement(name, trusted, about)
            for name, value in by_name.items()
            if value != claims[about]
        ]
    return claims, disagreements


def tables_within(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """The inputs of a node, with the tables in the place of what holds several of them."""
    tables = {}
    for name, data in inputs.items():
        names = TABLES_WITHIN.get(name)
        if names is None:
            tables[name] = data
        else:
            tables |= zip(names, (data.proteins, data.annotations, data.concepts), strict=True)
    return tables


def refuse_incompatible(inputs: Mapping[str, Any]) -> None:
    """Refuse an SAE on activations of another PLM, layer or width.

    Raises:
        CheckpointMismatch: Naming the field that differs.
    """
    for sae, stores in USED_ON.items():
        for store in stores:
            if sae in inputs and store in inputs:
                saes.check_compatible(inputs[sae], inputs[store].manifest)


def claims_of(name: str, data: Any) -> Claims:
    """What one dataset says.

    Args:
        name: Its name in the catalog.
        data: As it was loaded.
    """
    kinds = {kind.__name__ for kind in type(data).__mro__}
    for kind, claims in _CLAIMS.items():
        if kind in kinds:
            return claims(name, data)
    return {}


def is_made_with_an_sae(claims: Claims) -> bool:
    """Whether an SAE is among what something is made from."""
    return any(about.endswith(": weights") for about in claims)


def stamp(name: str, data: Any, claims: Claims) -> None:
    """Note in tables and counts what they were made from."""
    if isinstance(data, pd.DataFrame):
        data.attrs[MADE_FROM] = claims
    elif type(data).__name__ == "OverlapCounts":
        data.made_from.update(claims)
    elif name == "sae_evaluation":
        data[MADE_FROM] = claims


def _of_table(name: str, table: pd.DataFrame) -> Claims:
    claims = dict(table.attrs.get(MADE_FROM, {}))
    if name in PROTEINS:
        claims |= _of_proteins(name, table)
    elif name in TABLES:
        claims[f"{name}: rows"] = _hash_of_table(table)
    elif name == "leakage_audit":
        claims["proteins: held-out splits"] = _hash_of_splits(table)
    return claims


def _of_proteins(name: str, table: pd.DataFrame) -> Claims:
    held_out = table[table["split"] != "train"]
    train = table[table["split"] == "train"]
    annotated = table[table["origin"] == "annotated"]
    return {
        f"{name}: sequences": _hash_of_sequences(table),
        f"{name}: annotated sequences": _hash_of_sequences(annotated),
        f"{name}: train sequences": _hash_of_sequences(train),
        f"{name}: train split": hash_of_accessions(train["accession"]),
        f"{name}: held-out splits": _hash_of_splits(held_out),
        f"{name}: held-out proteins": sha256_of_json(sorted(held_out["accession"])),
    }


def _of_store(name: str, store: ActivationStore) -> Claims:
    claims = {f"{name}: content": store.manifest.content_hash}
    if name in PROTEINS_OF_STORE:
        whose = "sequences" if store.manifest.corpus else "annotated sequences"
        claims[f"{PROTEINS_OF_STORE[name]}: {whose}"] = store.manifest.proteins_hash
    elif name == "shuffled_activations":  # its sequences are nobody else's
        claims["proteins: held-out proteins"] = sha256_of_json(sorted(store.accessions))
    return claims


def _of_sae(name: str, sae: saes.SAE) -> Claims:
    claims = {f"{name}: weights": saes.fingerprint(sae)}
    if name in STORE_OF_SAE:
        store, known = STORE_OF_SAE[name], sae.provenance
        proteins = PROTEINS_OF_STORE[store]
        trained_on = {
            f"{store}: content": known.store_hash,
            f"{proteins}: train split": known.split_hash,
            f"{proteins}: train sequences": known.sequences_hash,
        }
        claims |= {about: value for about, value in trained_on.items() if value is not None}
    return claims


def _of_fasta(name: str, tables: ProteinTables) -> Claims:
    if tables.proteins.empty:
        return {}
    return {f"{name}: sequences": _hash_of_sequences(tables.proteins)}


def _of_counts(name: str, counts: OverlapCounts) -> Claims:  # noqa: ARG001
    return counts.made_from


def _of_json(name: str, content: dict[str, Any]) -> Claims:  # noqa: ARG001
    made_from = content.get(MADE_FROM)
    return made_from if isinstance(made_from, dict) else {}


_CLAIMS: dict[str, Callable[[str, Any], Claims]] = {
    "DataFrame": _of_table,
    "ActivationStore": _of_store,
    "SAE": _of_sae,
    "ProteinTables": _of_fasta,
    "OverlapCounts": _of_counts,
    "dict": _of_json,
}
"""By the name of a class, so that a run without SAEs imports nothing that needs torch."""


def _hash_of_sequences(table: pd.DataFrame) -> str:
    return hash_of_proteins(table["accession"], table["sequence"])


def _hash_of_splits(table: pd.DataFrame) -> str:
    return sha256_of_json(sorted(zip(table["accession"], table["split"], strict=True)))


def _hash_of_table(table: pd.DataFrame) -> str:
    rows = pd.util.hash_pandas_object(table, index=False).to_numpy()
    return hashlib.sha256(rows.tobytes() + repr(list(table.columns)).encode()).hexdigest()
