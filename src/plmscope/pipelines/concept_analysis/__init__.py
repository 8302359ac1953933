"""Activations, SAE and annotations to scored pairs of features and concepts, beside controls."""

from plmscope.pipelines.concept_analysis.pipeline import create_pipeline as create_pipeline

__all__ = ["create_pipeline"]
