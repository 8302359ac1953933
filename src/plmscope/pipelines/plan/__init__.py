"""What a run will take, before it begins."""

from plmscope.pipelines.plan.pipeline import create_pipeline as create_pipeline

__all__ = ["create_pipeline"]
