"""How good a trained SAE is: reconstruction, sparsity, fidelity."""
