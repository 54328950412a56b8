"""Sixty questions over the sample company with gold SQL, and the same company under other names."""
