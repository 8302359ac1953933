"""How far explanations can be trusted: calibration, and copying from relatives as baseline."""

from plmscope.pipelines.explain_check.pipeline import create_pipeline as create_pipeline

__all__ = ["create_pipeline"]
