"""Choosing the proteins to work with."""

import numpy as np
import pandas as pd

from plmscope.proteins.settings import IngestionSettings
from plmscope.proteins.tables import SAME_ACCESSION, reject_proteins


def select_proteins(
    annotated: pd.DataFrame, corpus: pd.DataFrame, settings: IngestionSettings
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Take the proteins of the wanted lengths and, of these, the wanted number.

    In this order: a corpus protein whose accession is annotated is left out; then what is too
    short or too long; then, of the rest in order of accession, `n_annotated` and `n_corpus` are
    drawn without replacement, so that the draw does not depend on the order of a file.

    Args:
        annotated: Proteins of the UniProtKB table (`READ_PROTEIN_COLUMNS`).
        corpus: Proteins of the FASTA corpus (the same columns).
        settings: Lengths, numbers and seed.

    Returns:
        The proteins, in order of accession, and the reject rows of all the others.
    """
    known = corpus["accession"].isin(annotated["accession"])
    proteins = pd.concat([annotated, corpus[~known]]).sort_values("accession", ignore_index=True)
    too_short = proteins["length"] < settings.min_length
    in_windows = settings.long_sequences == "windows"
    too_long = (proteins["length"] > settings.max_length) & (not in_windows)
    fitting = proteins[~too_short & ~too_long]

    generator = np.random.default_rng(settings.seed)
    drawn = pd.concat(
        [
            _draw(fitting[fitting["origin"] == "annotated"], settings.n_annotated, generator),
            _draw(fitting[fitting["origin"] == "corpus"], settings.n_corpus, generator),
        ]
    ).sort_index()
    rejects = pd.concat(
        [
            reject_proteins(corpus[known], "accession", SAME_ACCESSION),
            reject_proteins(
                proteins[too_short], "length", f"shorter than min_length ({settings.min_length})"
            ),
            reject_proteins(
                proteins[too_long], "length", f"longer than max_length ({settings.max_length})"
            ),
            reject_proteins(fitting.drop(drawn.index), "accession", "not drawn"),
        ],
        ignore_index=True,
    )
    return drawn.reset_index(drop=True), rejects


def _draw(
    proteins: pd.DataFrame, number: int | None, generator: np.random.Generator
) -> pd.DataFrame:
    if number is None or number >= len(proteins):
        return proteins
    return proteins.iloc[generator.choice(len(proteins), size=number, replace=False)]
