"""What the PLM knows, and how much of it the SAE has."""

from plmscope.pipelines.probes.pipeline import create_pipeline as create_pipeline

__all__ = ["create_pipeline"]
