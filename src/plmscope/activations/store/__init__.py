"""The store of activations on disk, read."""
