"""What stands in an SAE's place to be compared with one."""
