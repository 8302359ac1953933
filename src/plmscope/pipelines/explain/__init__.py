"""Somebody's proteins and an atlas to what the PLM sees in them."""

from plmscope.pipelines.explain.pipeline import create_pipeline as create_pipeline

__all__ = ["create_pipeline"]
