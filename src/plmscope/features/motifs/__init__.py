"""The sequence motif under each feature's peaks: windows, alignment, pattern, logo."""
