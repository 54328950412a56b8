"""Execution accuracy of a semantic parser over examples with gold SQL: `python -m nl2sql.evaluation`."""
