"""Embedding and SAE training in one pass, with no activation of the train split stored."""

from plmscope.pipelines.online_training.pipeline import create_pipeline

__all__ = ["create_pipeline"]
