"""Whether two results say the same."""
