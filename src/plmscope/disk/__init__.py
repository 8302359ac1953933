"""Files written whole, read with their checksums, by one writer at a time, in versions."""
