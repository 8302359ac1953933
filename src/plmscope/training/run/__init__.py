"""A whole training run: its loop, ranks, checkpoints, history."""
