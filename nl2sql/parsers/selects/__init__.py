"""DuckDB SELECTs over a schema's own names, byte by byte: what may come next, what is whole, how to end."""
