"""What a dashboard reads of a run."""
