"""Semantic parsers. Only this package imports torch or transformers, and only when a parser is loaded."""
