"""The wiring of ingestion."""

from kedro.pipeline import Node, Pipeline

from plmscope.pipelines.ingestion.nodes import (
    audit_leakage,
    cluster_proteins,
    gather_rejects,
    join_annotations,
    keep_annotations,
    reject_homologues,
    report_ingestion,
    select_proteins,
    split_proteins,
    tabulate_concepts,
)


def create_pipeline(**kwargs: object) -> Pipeline:  # noqa: ARG001 - Kedro's signature
    """A UniProtKB table and a FASTA corpus -> proteins in splits, annotations, concepts."""
    return Pipeline(
        [
            Node(
                select_proteins,
                ["uniprot_table", "uniprot_flat", "corpus_fasta", "params:ingestion"],
                [
                    "selected_proteins",
                    "selected_annotations",
                    "selection_rejects",
                    "rejected_annotations",
                ],
                name="select_proteins",
            ),
            Node(
                cluster_proteins,
                ["selected_proteins", "params:homology"],
                "protein_clusters",
                name="cluster_proteins",
            ),
            Node(
                split_proteins,
                ["selected_proteins", "protein_clusters", "params:splits"],
                "split_proteins",
                name="split_proteins",
            ),
            Node(
                reject_homologues,
                ["split_proteins", "params:homology"],
                ["proteins", "homology_rejects"],
                name="reject_homologues",
            ),
            Node(
                keep_annotations,
                ["selected_annotations", "proteins"],
                "annotations",
                name="keep_annotations",
            ),
            Node(
                tabulate_concepts,
                ["annotations", "proteins", "params:concept_choice"],
                "concepts",
                name="tabulate_concepts",
            ),
            Node(
                join_annotations,
                ["proteins", "annotations", "concepts"],
                "annotated_proteins",
                name="join_annotations",
            ),
            Node(
                audit_leakage,
                ["proteins", "params:homology"],
                "leakage_audit",
                name="audit_leakage",
            ),
            Node(
                gather_rejects,
                ["selection_rejects", "homology_rejects"],
                "rejected_proteins",
                name="gather_rejects",
            ),
            Node(
                report_ingestion,
                [
                    "selected_proteins",
                    "proteins",
                    "annotations",
                    "concepts",
                    "rejected_proteins",
                    "rejected_annotations",
                    "leakage_audit",
                ],
                "ingestion_report",
                name="report_ingestion",
            ),
        ],
        tags="ingestion",
    )
