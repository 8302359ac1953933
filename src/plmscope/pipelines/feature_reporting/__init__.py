"""Activations and scores to feature statistics, examples and the report."""

from plmscope.pipelines.feature_reporting.pipeline import create_pipeline as create_pipeline

__all__ = ["create_pipeline"]
