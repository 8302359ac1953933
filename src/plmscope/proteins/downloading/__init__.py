"""Proteins from UniProt's servers: queries page by page, release files by ranges; resumable."""
