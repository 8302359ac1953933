"""Proteins -> activations: what a PLM makes of each residue, stored once per layer."""

from plmscope.pipelines.embedding.pipeline import create_pipeline

__all__ = ["create_pipeline"]
