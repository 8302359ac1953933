"""What people ask about: files, sequences, accessions."""
