"""The features of some proteins beside the labels that they are compared with."""

from typing import NamedTuple

from plmscope.activations import ActivationStore
from plmscope.concepts.annotated_proteins import AnnotatedProteins
from plmscope.concepts.labels import ConceptLabels
from plmscope.saes.encode import ActivationSource, SparseEncoder


class LabelledFeatures(NamedTuple):
    """What is counted over.

    Attributes:
        source: Activations of the proteins; all must be labelled.
        encoder: Gives their features.
        labels: The labels of these proteins (and maybe more).
    """

    source: ActivationSource
    encoder: SparseEncoder
    labels: ConceptLabels


def labelled_features(
    store: ActivationStore, encoder: SparseEncoder, labels: ConceptLabels
) -> LabelledFeatures:
    """The features of the labelled proteins of a store."""
    return LabelledFeatures(store.select(labels.accessions), encoder, labels)


def held_out_features(
    store: ActivationStore, encoder: SparseEncoder, annotated: AnnotatedProteins
) -> dict[str, LabelledFeatures]:
    """The features of valid and of test beside their labels.

    Args:
        store: Activations of all proteins.
        encoder: Gives the features.
        annotated: The proteins, what is known of them, the kept concepts.
    """
    return {
        split: labelled_features(store, encoder, labels)
        for split, labels in annotated.held_out_labels().items()
    }
