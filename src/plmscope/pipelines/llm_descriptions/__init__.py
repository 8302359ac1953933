"""Features described by a language model, and how well that predicts where they fire."""

from plmscope.pipelines.llm_descriptions.pipeline import create_pipeline as create_pipeline

__all__ = ["create_pipeline"]
