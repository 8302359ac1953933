"""The architectures that are trained or read, one file each."""
