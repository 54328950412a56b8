"""A natural-language-to-SQL workbench: question in, guarded SELECT out, rows back. Knows nothing of its pages."""

__version__ = "0.1.0"
