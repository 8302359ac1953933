"""UniProtKB tables and FASTA corpora to proteins, annotations, concepts and splits."""

from plmscope.pipelines.ingestion.pipeline import create_pipeline as create_pipeline

__all__ = ["create_pipeline"]
