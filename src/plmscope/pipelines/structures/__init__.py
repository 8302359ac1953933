"""Features held against the structures of proteins."""

from plmscope.pipelines.structures.pipeline import create_pipeline as create_pipeline

__all__ = ["create_pipeline"]
