"""Proteins from UniProt's servers."""

from plmscope.pipelines.download.pipeline import create_pipeline as create_pipeline

__all__ = ["create_pipeline"]
