"""The controls of concept analysis that need other activations or another SAE."""

from plmscope.pipelines.controls.pipeline import create_pipeline as create_pipeline

__all__ = ["create_pipeline"]
