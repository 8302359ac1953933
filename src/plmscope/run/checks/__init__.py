"""What is refused before a run, and before each of its nodes."""
