"""Whether the p-values and intervals of concept analysis mean what they say."""

from plmscope.pipelines.statistics_check.pipeline import create_pipeline as create_pipeline

__all__ = ["create_pipeline"]
