"""What the PLM does with features: ablation, steering, and the ladder of what is known of each."""

from plmscope.pipelines.feature_effects.pipeline import create_pipeline as create_pipeline

__all__ = ["create_pipeline"]
