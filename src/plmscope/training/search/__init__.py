"""Search for SAE settings: a durable Optuna study whose trials share their reading of the store."""
