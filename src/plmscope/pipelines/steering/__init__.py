"""One's own protein, steered by one feature."""

from plmscope.pipelines.steering.pipeline import create_pipeline as create_pipeline

__all__ = ["create_pipeline"]
