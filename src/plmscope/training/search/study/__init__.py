"""One study in a database, and which of its trials are drawn and dropped."""
