"""What happens around the nodes of a run: settings in layers, checks, what a person is told."""
