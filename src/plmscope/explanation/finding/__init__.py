"""What is found in one pass over the sequences, block by block."""
