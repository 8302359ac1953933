"""What happens between the page and its kernel."""
