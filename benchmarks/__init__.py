"""Measurements of the workbench; each results file names the machine, the versions and the command."""
