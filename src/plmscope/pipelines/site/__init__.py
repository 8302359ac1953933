"""The features of a run as a static site."""

from plmscope.pipelines.site.pipeline import create_pipeline as create_pipeline

__all__ = ["create_pipeline"]
