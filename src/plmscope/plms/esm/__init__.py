"""The ESM family: ESM-2 from 8M to 15B, and ESM-1b."""
