"""SAEs on disk and on the hub: our checkpoints, and other programs' files."""
