"""Files written whole and read with their checksums, in versions; on this machine, or at a URL."""
