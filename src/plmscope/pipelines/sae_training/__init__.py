"""Activations to a trained, calibrated and evaluated SAE."""

from plmscope.pipelines.sae_training.pipeline import create_pipeline as create_pipeline

__all__ = ["create_pipeline"]
