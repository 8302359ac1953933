"""The passes over the activation store: everything that is counted in one, examples in another."""

import logging
from typing import NamedTuple

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
from plmscope.saes.encode import encode_blocks

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
    corpus = frozenset(proteins.loc[proteins["origin"] == "corpus", "accession"])
    train = proteins[proteins["split"] == "train"]
    cluster_of = dict(zip(train["accession"], train["cluster"].factorize()[0], strict=True))
    sequences = proteins.set_index("accession")["sequence"]
    statistics = FeatureStatistics(sae.d_sae)
    chooser = ExampleChooser(sae.d_sae, len(store.accessions), settings, corpus)
    stretches = StretchCounts(sae.d_sae, settings.on_above)
    peak_chooser = PeakChooser(cluster_of, settings.on_above, settings.n_windows)
    together, ends = CoactivationCounts(sae.d_sae, settings.on_above), EndCounts()
    for block in encode_blocks(store, sae, settings.max_residues, "surveying features"):
        hits = find_hits(block)
        peaks = find_peaks(hits, sae.d_sae)
        letters = amino_acid_numbers(sequences.loc[block.accessions])
        statistics.add(hits, peaks)
        chooser.add(block.accessions, peaks)
        stretches.add(hits, np.where(letters < 0, len(AMINO_ACIDS), letters))
        peak_chooser.add(block.accessions, peaks)
        together.add(hits)
        ends.add(hits)
    table, chosen = statistics.to_frame(), chooser.to_frame()
    n_alive = int((table["n_residues_active"] > 0).sum())
    logger.info(
        "%d of %d features fire in %d proteins; %d example proteins chosen",
        *(n_alive, sae.d_sae, len(store.accessions), len(chosen)),
    )
    return Survey(
        table,
        chosen,
        classify_patterns(stretches.to_frame(), stretches.background, rules),
        peak_chooser.to_frame(),
        coactivation_neighbours(together.counts()),
        ends.to_frame(sae.config.architecture),
    )


def trace_examples(
    store: ActivationStore, sae: SAE, chosen: pd.DataFrame, settings: ReportingSettings
) -> pd.DataFrame:
    """The activation of each feature along its example proteins.

    Args:
        store: The store that the examples were chosen from.
        sae: The same SAE.
        chosen: The proteins that `survey_features` chose.
        settings: Block size.

    Returns:
        `feature_examples` (see `ExampleTracer.to_frame`).
    """
    tracer = ExampleTracer(chosen, sae.d_sae)
    examples = store.select(chosen["accession"].unique())
    for block in encode_blocks(examples, sae, settings.max_residues, "tracing examples"):
        tracer.add(block.accessions, find_hits(block))
    return tracer.to_frame()
