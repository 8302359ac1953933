"""The store of activations on disk, written."""
