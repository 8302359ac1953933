"""One training step: the encoder's products, objectives, optimiser, precision, dead features."""
