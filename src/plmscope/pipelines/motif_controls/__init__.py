"""Each feature beside the profile HMM of its own motif."""

from plmscope.pipelines.motif_controls.pipeline import create_pipeline as create_pipeline

__all__ = ["create_pipeline"]
