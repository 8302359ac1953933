"""What the tabs of the dashboard show."""
