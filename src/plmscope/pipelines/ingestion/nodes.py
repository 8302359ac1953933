"""Nodes of ingestion."""

from __future__ import annotations

import logging
from typing import Any

import pandas as pd

from plmscope import concepts as ca
from plmscope import proteins as pr

logger = logging.getLogger(__name__)


def select_proteins(
    uniprot_table: pr.UniprotTable,
    uniprot_flat: pr.SwissprotFlat,
    corpus_fasta: pr.FastaFile,
    settings: pr.IngestionSettings,
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Read each file in one pass, and take the wanted number of proteins of the wanted lengths.

    Args:
        uniprot_table: Annotated proteins, not read yet.
        uniprot_flat: The same as a flat file; where there is one, there is no table.
        corpus_fasta: Proteins for SAE training only, not read yet.
        settings: Lengths, numbers, seed; what to do with a bad feature; which columns give
            clusters and splits.

    Returns:
        The proteins taken, annotations of those that have them, the rejects, and the features of
        sound proteins that were left out.

    Raises:
        ProteinTableError: A file cannot be used, no protein is left, a file seems to be
            nucleotides, or `exclude` names what is not there.
    """
    reading, of_table, of_corpus = pr.UniprotLog(), pr.RejectLog(), pr.RejectLog()
    given = uniprot_flat if uniprot_flat.path else uniprot_table
    watch = pr.NucleotideWatch()
    of_file = watch.over(given.chunks(settings, reading), lambda chunk: chunk.proteins)
    annotated, annotations = pr.select_annotated(of_file, settings, of_table)
    watch.judge(settings.allow_nucleotides)

    watch, of_fasta = pr.NucleotideWatch(), pr.RejectLog()
    chunks = watch.over(corpus_fasta.chunks(of_fasta), lambda proteins: proteins)
    corpus = pr.select_corpus(chunks, reading.seen, settings, of_corpus)
    watch.judge(settings.allow_nucleotides)
    of_corpus_file = pd.concat([of_fasta.table(), of_corpus.table()], ignore_index=True)
    pr.refuse_if_all_rejected(corpus, of_corpus_file)
    rejects = pd.concat([of_corpus_file, of_table.table()], ignore_index=True)
    pr.refuse_unknown(settings.exclude, rejects)
    selected = pd.concat([annotated, corpus]).sort_values("accession", ignore_index=True)
    n_left_out = sum(log.count() for log in (reading.rejects, of_table, of_fasta, of_corpus))
    logger.info("%d proteins selected, %d left out", len(selected), n_left_out)
    pr.refuse_if_all_rejected(selected, rejects)
    left_out = pd.concat([reading.rejects.table(), rejects], ignore_index=True)
    return selected, annotations, left_out, reading.rejected_features.table()


def cluster_proteins(
    selected_proteins: pd.DataFrame, settings: pr.HomologySettings
) -> pd.DataFrame:
    """Put homologous proteins into clusters.

    Args:
        selected_proteins: Those of the wanted lengths, without clusters yet.
        settings: Identity and coverage of homologues.

    Returns:
        accession, cluster, and whether MMseqs2 could judge the protein.
    """
    clusters = pr.cluster_proteins(selected_proteins, settings)
    logger.info("%d proteins in %d clusters", len(clusters), clusters["cluster"].nunique())
    _warn_of_not_judged(clusters["judged"], "proteins")
    return clusters


def split_proteins(
    selected_proteins: pd.DataFrame, protein_clusters: pd.DataFrame, settings: pr.SplitSettings
) -> pd.DataFrame:
    """Send whole clusters to train, valid and test, unless the table gives the splits.

    Args:
        selected_proteins: Those of the wanted lengths, without clusters yet.
        protein_clusters: Their clusters.
        settings: Shares and seed.

    Returns:
        The proteins with their splits.
    """
    return pr.split_proteins(selected_proteins, protein_clusters, settings)


def reject_homologues(
    split_proteins: pd.DataFrame, settings: pr.HomologySettings
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Keep corpus proteins that are homologous to a held-out protein out of train.

    Args:
        split_proteins: The proteins with their splits.
        settings: When two proteins are homologous.

    Returns:
        The proteins kept, and the rejects.
    """
    kept, rejects = pr.reject_homologues(split_proteins, settings)
    sizes = kept["split"].value_counts()
    logger.info("proteins per split: %s", ", ".join(f"{s} {n}" for s, n in sizes.items()))
    return kept[list(pr.PROTEIN_COLUMNS)].reset_index(drop=True), rejects


def keep_annotations(selected_annotations: pd.DataFrame, proteins: pd.DataFrame) -> pd.DataFrame:
    """Keep the annotations of the proteins that were kept.

    Args:
        selected_annotations: Those of all proteins taken.
        proteins: The proteins kept.

    Returns:
        Their annotations.
    """
    kept = selected_annotations["accession"].isin(proteins["accession"])
    return selected_annotations[kept].reset_index(drop=True)


def tabulate_concepts(
    annotations: pd.DataFrame, proteins: pd.DataFrame, settings: pr.ConceptSettings
) -> pd.DataFrame:
    """Count the concepts per split and choose those that can be analysed, by valid alone.

    Args:
        annotations: A row an annotated stretch.
        proteins: Which protein is in which split.
        settings: The counts a concept needs.

    Returns:
        The concepts.
    """
    concepts = pr.tabulate_concepts(annotations, proteins, settings)
    logger.info("%d concepts, %d kept", len(concepts), concepts["kept"].sum())
    if not concepts["kept"].any():
        _warn_of_no_concept(concepts)
    return concepts


def join_annotations(
    proteins: pd.DataFrame, annotations: pd.DataFrame, concepts: pd.DataFrame
) -> ca.AnnotatedProteins:
    """Put together what every comparison with concepts needs.

    Args:
        proteins: The `proteins` table, whose sequences are embedded.
        annotations: What is known of their residues.
        concepts: Which concepts are kept.

    Returns:
        The three as one.
    """
    return ca.AnnotatedProteins(proteins, annotations, concepts)


def audit_leakage(proteins: pd.DataFrame, settings: pr.HomologySettings) -> pd.DataFrame:
    """Search every held-out protein in train.

    Args:
        proteins: The proteins with their splits.
        settings: Identity and coverage of homologues.

    Returns:
        The most identical hit in train of each held-out protein.
    """
    audit = pr.audit_leakage(proteins, settings)
    logger.info(
        "%d of %d held-out proteins have a hit in train above the threshold",
        audit["above_threshold"].sum(),
        len(audit),
    )
    _warn_of_not_judged(audit["judged"], "held-out proteins")
    return audit


def gather_rejects(selection_rejects: pd.DataFrame, homology_rejects: pd.DataFrame) -> pd.DataFrame:
    """Bring all proteins that were left out together.

    Args:
        selection_rejects: Proteins that could not be used, or were not wanted.
        homology_rejects: Corpus proteins that are homologous to a held-out one.

    Returns:
        Rejected proteins.
    """
    return pd.concat([selection_rejects, homology_rejects], ignore_index=True)


def report_ingestion(
    selected_proteins: pd.DataFrame,
    proteins: pd.DataFrame,
    annotations: pd.DataFrame,
    concepts: pd.DataFrame,
    rejected_proteins: pd.DataFrame,
    rejected_annotations: pd.DataFrame,
    leakage: pd.DataFrame,
) -> dict[str, Any]:
    """Sum up what came in, and what was left out and why.

    Args:
        selected_proteins: The proteins that were clustered.
        proteins: The proteins kept.
        annotations: Their annotations.
        concepts: Their concepts.
        rejected_proteins: Proteins left out.
        rejected_annotations: Features left out.
        leakage: Homology left between train and the rest.

    Returns:
        Nested counts.
    """
    return pr.summarise_ingestion(
        selected_proteins,
        proteins,
        annotations,
        concepts,
        rejected_proteins,
        rejected_annotations,
        leakage,
    )


def _warn_of_no_concept(concepts: pd.DataFrame) -> None:
    if concepts.empty:
        logger.warning("There is no annotation: the run goes on without concepts")
        return
    reasons = concepts["reason"].value_counts()
    logger.warning(
        "None of the %d concepts has enough instances, so that the run goes on without concepts."
        " The commonest reason, for %d of them: %s. Give more proteins, or lower concept_choice",
        len(concepts), reasons.iloc[0], reasons.index[0],
    )  # fmt: skip


def _warn_of_not_judged(judged: pd.Series[bool], what: str) -> None:
    if n_not_judged := int((~judged).sum()):
        logger.warning(
            "MMseqs2 cannot judge %d %s (very short or of low complexity): "
            "of these, only copies and parts of one another are known to be related",
            n_not_judged,
            what,
        )
