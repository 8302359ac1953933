"""What each table of the catalog must look like: the `validator` of its entry in the catalog."""
