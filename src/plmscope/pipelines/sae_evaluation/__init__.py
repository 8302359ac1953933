"""Any saved SAE, on any FASTA file or activation store."""

from plmscope.pipelines.sae_evaluation.pipeline import create_pipeline as create_pipeline

__all__ = ["create_pipeline"]
