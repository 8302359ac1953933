"""The words that the proteins at a feature's highest peaks are called by, more than others are."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import pandas as pd
from jaxtyping import Float
from scipy.sparse import coo_array, csr_array
from scipy.special import bdtrc

from plmscope.concepts import AnnotatedProteins
from plmscope.proteins.feature_types import is_pooled

WORD_SEPARATOR = ", "
N_WORDS = 3
"""Words kept of each feature."""
_FEWEST = 3
_LEVEL = 0.01
_WORD = re.compile(r"[a-z]{3,}")
_CATEGORIES = ("Domain", "Repeat", "Zinc finger", "DNA binding", "Binding site", "Active site")
"""Annotations whose words count beside the protein's name: what is called by a protein's family or
function. All others have the same few words everywhere."""


def shared_words(highest: pd.DataFrame, annotated: AnnotatedProteins) -> pd.DataFrame:
    """Words that the proteins at a feature's highest peaks share.

    A feature of a fold or an enzyme family fires in proteins whose domains have many names, none of
    them frequent; what their names have in common still tells which they are. A word is told if
    three of the proteins or more have it, and so many would hardly be drawn by chance: a binomial
    tail against the share of train's homology clusters that have it, below 0.01 after Bonferroni's
    correction for all words. Like `at_peaks` it says where to look, and proves nothing.

    Args:
        highest: feature, accession; one a homology cluster of train.
        annotated: Names, clusters and splits of the proteins, and what is known of them.

    Returns:
        Indexed by feature, those with such a word: `shared_words`, the three least likely ones by
        chance, `WORD_SEPARATOR` between them; `n_with_word`, the proteins that have the first.
    """
    proteins = annotated.proteins
    vocabulary, has_word = _words_of(_texts(annotated))
    share = _share_of_clusters(has_word, proteins)
    row = pd.Index(proteins["accession"]).get_indexer(highest["accession"])
    feature, number = np.unique(highest["feature"], return_inverse=True)
    peaks_in = csr_array((np.ones(len(row)), (number, row)), shape=(len(feature), len(proteins)))
    found = coo_array(peaks_in @ has_word)
    n_peaks = np.asarray(peaks_in.sum(axis=1))
    chance = bdtrc(found.data - 1, n_peaks[found.row], share[found.col]) * len(vocabulary)
    table = pd.DataFrame(
        {
            "feature": feature[found.row],
            "word": vocabulary[found.col],
            "n_with_word": found.data.astype(int),
            "chance": chance,
        }
    )
    told = table[(table["n_with_word"] >= _FEWEST) & (table["chance"] < _LEVEL)]
    of_feature = told.sort_values(["feature", "chance", "word"]).groupby("feature")
    words = of_feature["word"].agg(lambda found: WORD_SEPARATOR.join(found[:N_WORDS]))
    return pd.DataFrame({"shared_words": words, "n_with_word": of_feature["n_with_word"].first()})


def shuffle_peaks(highest: pd.DataFrame, seed: int = 0) -> pd.DataFrame:
    """The peaks with their proteins exchanged among all features: what chance alone shares."""
    accessions = np.random.default_rng(seed).permutation(highest["accession"].to_numpy())
    return highest.assign(accession=accessions)


def _texts(annotated: AnnotatedProteins) -> list[str]:
    """What each protein is called: its names, and those of its annotations."""
    known = annotated.annotations
    told = known[known["category"].isin(_CATEGORIES) & ~is_pooled(known["concept"])]
    of_protein = (
        told["concept"].str.split(": ", n=1).str[-1].groupby(told["accession"]).agg(" ".join)
    )
    names = annotated.proteins.set_index("accession")["protein_name"].fillna("")
    return (names + " " + of_protein.reindex(names.index, fill_value="")).tolist()


def _words_of(texts: Sequence[str]) -> tuple[np.ndarray, csr_array]:
    """All words, sorted, and 1 where a text has one, [n_texts, n_words]."""
    words = [sorted(set(_WORD.findall(text.lower()))) for text in texts]
    every = [word for of_text in words for word in of_text]
    vocabulary, column = np.unique(np.array(every, dtype=str), return_inverse=True)
    row = np.repeat(np.arange(len(texts)), [len(of_text) for of_text in words])
    shape = (len(texts), len(vocabulary))
    return vocabulary, csr_array((np.ones(len(row)), (row, column)), shape=shape)


def _share_of_clusters(
    has_word: csr_array, proteins: pd.DataFrame
) -> Float[np.ndarray, " n_words"]:
    """The share of train's clusters with each word; of a cluster, the share of its members."""
    is_train = (proteins["split"] == "train").to_numpy()
    cluster = pd.factorize(proteins["cluster"][is_train])[0]
    size = np.bincount(cluster)
    return np.asarray(has_word[is_train].T @ (1 / size[cluster])) / max(len(size), 1)
