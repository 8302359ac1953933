"""What should find little, or must be found: baselines, shuffled labels, planted motifs."""
