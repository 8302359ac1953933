"""The passes over the activation store: everything that is counted in one, examples in another."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import numpy as np
import pandas as pd

from plmscope.activations import ActivationStore
from plmscope.concepts.amino_acids import AMINO_ACIDS, amino_acid_numbers
from plmscope.features.examples import ExampleChooser, ExampleTracer
from plmscope.features.families.coactivation import CoactivationCounts, coactivation_neighbours
from plmscope.features.hits import find_hits, find_peaks
from plmscope.features.motifs.windows import PeakChooser
from plmscope.features.patterns.classes import classify_patterns
from plmscope.features.patterns.ends import EndCounts
from plmscope.features.patterns.settings import PatternSettings
from plmscope.features.patterns.stretches import StretchCounts
from plmscope.features.settings import ReportingSettings
from plmscope.features.statistics import FeatureStatistics
from plmscope.saes import SAE
from plmscope.saes.encode import EncodedBlock
from plmscope.saes.passes import BlockCounter, count_in_pass

logger = logging.getLogger(__name__)


class Survey(NamedTuple):
    """What one pass over the proteins finds.

    Attributes:
        statistics: See `FeatureStatistics.to_frame`.
        examples: See `ExampleChooser.to_frame`.
        patterns: See `classify_patterns`.
        peaks: Of train, see `PeakChooser.to_frame`.
        coactivation: See `coactivation_neighbours`.
        ends: See `EndCounts.to_frame`.
    """

    statistics: pd.DataFrame
    examples: pd.DataFrame
    patterns: pd.DataFrame
    peaks: pd.DataFrame
    coactivation: pd.DataFrame
    ends: pd.DataFrame


def survey_features(
    store: ActivationStore,
    sae: SAE,
    proteins: pd.DataFrame,
    settings: ReportingSettings,
    rules: PatternSettings,
) -> Survey:
    """Everything that is counted of every feature, in one pass over the store.

    Args:
        store: Activations of the proteins to report on, [n_residues, d_model].
        sae: The SAE of the same PLM and layer.
        proteins: accession, sequence, cluster, split, origin. Those from the corpus, without
            annotations, stand behind the others as examples; motifs are learned on train.
        settings: How many examples are wanted.
        rules: By which patterns are told.
    """
    make_counter = _MakeCounter(sae.d_sae, proteins, len(store.accessions), settings)
    counted = count_in_pass(store, sae, make_counter, settings, "surveying features")
    table, chosen = counted.statistics.to_frame(), counted.examples.to_frame()
    n_alive = int((table["n_residues_active"] > 0).sum())
    logger.info(
        "%d of %d features fire in %d proteins; %d example proteins chosen",
        *(n_alive, sae.d_sae, len(store.accessions), len(chosen)),
    )
    stretches = counted.stretches
    return Survey(
        table,
        chosen,
        classify_patterns(stretches.to_frame(), stretches.background, rules),
        counted.peaks.to_frame(),
        coactivation_neighbours(counted.together.counts()),
        counted.ends.to_frame(sae.config.architecture),
    )


@dataclass(frozen=True)
class _MakeCounter:
    """Counters of a survey.

    Attributes:
        d_sae: Features of the SAE.
        proteins: accession, sequence, cluster, split, origin.
        n_proteins: All proteins of the pass.
        settings: How many examples are wanted.
    """

    d_sae: int
    proteins: pd.DataFrame
    n_proteins: int
    settings: ReportingSettings

    def __call__(self, first_protein: int) -> "_SurveyCounter":
        return _SurveyCounter(self, first_protein)


class _SurveyCounter(BlockCounter):
    """All that is counted of every feature."""

    GIVEN: ClassVar = ("_sequences",)

    def __init__(self, given: _MakeCounter, first_protein: int) -> None:
        d_sae, proteins, settings = given.d_sae, given.proteins, given.settings
        corpus = frozenset(proteins.loc[proteins["origin"] == "corpus", "accession"])
        train = proteins[proteins["split"] == "train"]
        cluster_of = dict(zip(train["accession"], train["cluster"].factorize()[0], strict=True))
        self._sequences = proteins.set_index("accession")["sequence"]
        self.statistics = FeatureStatistics(d_sae)
        self.examples = ExampleChooser(d_sae, given.n_proteins, settings, corpus, first_protein)
        self.stretches = StretchCounts(d_sae, settings.on_above)
        self.peaks = PeakChooser(cluster_of, settings.on_above, settings.n_windows)
        self.together = CoactivationCounts(d_sae, settings.on_above)
        self.ends = EndCounts()

    def count(self, blocks: Iterable[EncodedBlock]) -> None:
        """Count some blocks."""
        for block in blocks:
            hits = find_hits(block)
            peaks = find_peaks(hits, self.statistics.d_sae)
            letters = amino_acid_numbers(self._sequences.loc[block.accessions])
            self.statistics.add(hits, peaks)
            self.examples.add(block.accessions, peaks)
            self.stretches.add(hits, np.where(letters < 0, len(AMINO_ACIDS), letters))
            self.peaks.add(block.accessions, peaks)
            self.together.add(hits)
            self.ends.add(hits)

    def merge(self, later: "_SurveyCounter") -> None:
        """Add up, and keep the best of both."""
        self.statistics.merge(later.statistics)
        self.examples.merge(later.examples)
        self.stretches.merge(later.stretches)
        self.peaks.merge(later.peaks)
        self.together.merge(later.together)
        self.ends.merge(later.ends)


def trace_examples(
    store: ActivationStore, sae: SAE, chosen: pd.DataFrame, settings: ReportingSettings
) -> pd.DataFrame:
    """The activation of each feature along its example proteins.

    Args:
        store: The store that the examples were chosen from.
        sae: The same SAE.
        chosen: The proteins that `survey_features` chose.
        settings: Block size, executor.

    Returns:
        `feature_examples` (see `ExampleTracer.to_frame`).
    """
    examples = store.select(chosen["accession"].unique())
    make_counter = _MakeTracer(chosen, sae.d_sae)
    return count_in_pass(examples, sae, make_counter, settings, "tracing examples").to_frame()


@dataclass(frozen=True)
class _MakeTracer:
    chosen: pd.DataFrame
    d_sae: int

    def __call__(self, first_protein: int) -> ExampleTracer:
        del first_protein
        return ExampleTracer(self.chosen, self.d_sae)
