"""Somebody else's SAE, brought into the place of one that was trained here."""

from plmscope.pipelines.sae_import.pipeline import create_pipeline as create_pipeline

__all__ = ["create_pipeline"]
