"""The report: one page that needs no server."""
