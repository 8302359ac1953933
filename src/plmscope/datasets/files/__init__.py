"""Single files as Kedro datasets: tables, JSON, text, plots."""
