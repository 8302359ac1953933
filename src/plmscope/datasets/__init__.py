"""The Kedro datasets that this project adds."""
