"""The passes over the activation store: statistics and examples in one, profiles in another."""

import logging
from collections.abc import Collection

import pandas as pd

from plmscope.activations import ActivationStore
from plmscope.features.examples import ExampleChooser, ExampleTracer
from plmscope.features.hits import find_hits, find_peaks
from plmscope.features.settings import ReportingSettings
from plmscope.features.statistics import FeatureStatistics
from plmscope.saes import SAE
from plmscope.saes.encode import encode_blocks

logger = logging.getLogger(__name__)


def survey_features(
    store: ActivationStore,
    sae: SAE,
    settings: ReportingSettings,
    corpus: Collection[str] = frozenset(),
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Statistics and example proteins of every feature, in one pass over the store.

    Args:
        store: Activations of the proteins to report on, [n_residues, d_model].
        sae: The SAE of the same PLM and layer.
        settings: How many examples are wanted.
        corpus: Proteins without annotations, which stand behind the others as examples.

    Returns:
        `feature_statistics` (see `FeatureStatistics.to_frame`) and the chosen proteins (see
        `ExampleChooser.to_frame`).
    """
    statistics = FeatureStatistics(sae.d_sae)
    chooser = ExampleChooser(sae.d_sae, len(store.accessions), settings, corpus)
    for block in encode_blocks(store, sae, settings.max_residues, "surveying features"):
        hits = find_hits(block)
        peaks = find_peaks(hits, sae.d_sae)
        statistics.add(hits, peaks)
        chooser.add(block.accessions, peaks)
    table, chosen = statistics.to_frame(), chooser.to_frame()
    n_alive = int((table["n_residues_active"] > 0).sum())
    logger.info(
        "%d of %d features fire in %d proteins; %d example proteins chosen",
        *(n_alive, sae.d_sae, len(store.accessions), len(chosen)),
    )
    return table, chosen


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
