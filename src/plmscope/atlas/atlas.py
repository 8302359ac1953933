"""The atlas in memory, and making one of a run."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from plmscope.atlas.identity import AtlasIdentity
from plmscope.atlas.settings import AtlasSettings
from plmscope.concepts import AnnotatedProteins
from plmscope.concepts.suggestions.calibration import (
    ALL_OF_TEST,
    CLUSTERS,
    PAIR,
    assign_folds,
)
from plmscope.concepts.suggestions.precision import HeldOutPrecision
from plmscope.features.background import PeakBackground
from plmscope.features.profiles import as_vectors
from plmscope.saes import SAE, fingerprint

PROTEIN_COLUMNS = [
    "accession", "entry_name", "protein_name", "gene_names", "organism", "length", "sequence",
    "cluster", "split",
]  # fmt: skip
N_EXAMPLES = 5
"""Best known proteins of a feature."""
N_IN_WORDS = 3
"""Of them, how many are named beside the feature."""


@dataclass(frozen=True, eq=False, repr=False)
class Atlas:
    """What is needed to say what an SAE sees in a protein, and how far to believe it.

    Attributes:
        identity: What it is about.
        sae: The SAE.
        features: The feature table.
        precision: The pairs by which concepts are called, and the steps of their precision, see
            `CallCalibration`.
        proteins: The run's annotated proteins: accession, names, sequence, cluster, split, fold (of
            test; -1 elsewhere).
        profiles: accession, feature, peak, surprise: what stands out in each of them.
        examples: feature, rank, accession, peak: each feature's best known proteins.
    """

    identity: AtlasIdentity
    sae: SAE
    features: pd.DataFrame
    precision: pd.DataFrame
    proteins: pd.DataFrame
    profiles: pd.DataFrame
    examples: pd.DataFrame

    def __repr__(self) -> str:
        identity = self.identity
        return f"<Atlas: layer {identity.layer} of {identity.plm_id}, {self.sae.d_sae} features>"

    @cached_property
    def pairs(self) -> pd.DataFrame:
        """The pairs by which concepts are called, numbered from 0."""
        columns = [*PAIR, *CLUSTERS]
        return self.precision[columns].drop_duplicates("concept").reset_index(drop=True)

    def precision_of(self, concept: str, fold: int) -> HeldOutPrecision:
        """The precision of one concept's calls, measured without one part of test."""
        of_pair = (self.precision["concept"] == concept) & (self.precision["fold"] == fold)
        steps = self.precision.loc[of_pair, ["lowest_peak", "n_calls", "n_true"]]
        return HeldOutPrecision(steps.reset_index(drop=True))

    @cached_property
    def known_proteins(self) -> pd.Series:
        """The best known proteins by feature, in words: "P00519 (0.98), P12931 (0.95)"."""
        best = self.examples[self.examples["rank"] <= N_IN_WORDS]
        words = best["accession"] + best["peak"].map(" ({:.2f})".format)
        of_feature: dict[int, list[str]] = {}
        for feature, text in zip(best["feature"].tolist(), words, strict=True):
            of_feature.setdefault(feature, []).append(text)
        return pd.Series({feature: ", ".join(texts) for feature, texts in of_feature.items()})

    @cached_property
    def background(self) -> PeakBackground:
        """What peaks are usual."""
        return PeakBackground(
            np.stack(self.features["peaks"].to_list()),
            self.identity.n_proteins,
            np.array(self.identity.length_quantiles),
        )

    @cached_property
    def profile_vectors(self) -> csr_array:
        """The profiles as unit vectors, in the order of `proteins`."""
        number = pd.Index(self.proteins["accession"]).get_indexer(
            pd.Index(self.profiles["accession"])
        )
        return as_vectors(
            number,
            self.profiles["feature"].to_numpy(),
            self.profiles["surprise"].to_numpy(),
            (len(self.proteins), self.sae.d_sae),
        )


def make_atlas(
    sae: SAE,
    annotated: AnnotatedProteins,
    feature_table: pd.DataFrame,
    call_precision: pd.DataFrame,
    protein_profiles: pd.DataFrame,
    example_proteins: pd.DataFrame,
    settings: AtlasSettings,
) -> Atlas:
    """Put an atlas together.

    Args:
        sae: The SAE; its provenance names PLM and layer.
        annotated: The run's proteins.
        feature_table: Of this SAE.
        call_precision: Of this SAE, as of `calibrate_calls`.
        protein_profiles: accession, feature, peak, surprise.
        example_proteins: As of `survey_features`.
        settings: What the atlas says of itself.
    """
    known = sae.provenance
    proteins = annotated.proteins
    identity = AtlasIdentity.model_validate(
        {
            **known.model_dump(include={"plm_id", "plm_revision", "layer", "token_rule"}),
            "plm_source": settings.plm_source,
            "sae_sha256": fingerprint(sae),
            "sae_name": known.name or "default",
            "n_proteins": feature_table.attrs["n_proteins"],
            "length_quantiles": feature_table.attrs["length_quantiles"],
            "licence": settings.licence,
            "sources": settings.sources,
        }
    )
    profiled = proteins["accession"].isin(protein_profiles["accession"])
    kept = proteins.loc[profiled, PROTEIN_COLUMNS].reset_index(drop=True)
    folds = assign_folds(annotated)
    fold = kept["accession"].map(folds).fillna(ALL_OF_TEST).astype(int)
    is_best = (example_proteins["kind"] == "top") & (example_proteins["rank"] <= N_EXAMPLES)
    return Atlas(
        identity,
        sae,
        feature_table,
        call_precision,
        kept.assign(fold=fold),
        protein_profiles,
        example_proteins.loc[is_best, ["feature", "rank", "accession", "peak"]].reset_index(
            drop=True
        ),
    )
