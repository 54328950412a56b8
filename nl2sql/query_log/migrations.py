"""The tables of the query log's DuckDB file, as numbered steps from one version of them to the next."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import duckdb

from nl2sql.errors import QueryLogError

Migration = Callable[[duckdb.DuckDBPyConnection], None]


def m001_records(con: duckdb.DuckDBPyConnection) -> None:
    """Records with their feedback, and the ids of deleted ones.

    `search` holds question and SQL in folded case, uncompressed: a search reads nothing else. `stamp` orders what
    happened to the log, `rated` is the stamp of what the feedback came with. No index: ids begin with their time, so
    the engine skips nearly all row groups by itself, and folding stays fast.
    """
    con.execute("""
        CREATE TABLE records (
            id VARCHAR NOT NULL, asked_at TIMESTAMP NOT NULL, question VARCHAR NOT NULL, status VARCHAR NOT NULL,
            sql VARCHAR NOT NULL, origin VARCHAR NOT NULL, scope VARCHAR[] NOT NULL, schema_version VARCHAR NOT NULL,
            parser VARCHAR NOT NULL, parser_revision VARCHAR NOT NULL, parser_quantization VARCHAR NOT NULL,
            prompt_hash VARCHAR NOT NULL, candidates STRUCT(sql VARCHAR, score DOUBLE, tree VARCHAR)[] NOT NULL,
            tree VARCHAR, as_of DATE, guard VARCHAR NOT NULL, row_count BIGINT, truncated BOOLEAN NOT NULL,
            timings STRUCT(step VARCHAR, seconds DOUBLE)[] NOT NULL, confidence DOUBLE, error VARCHAR,
            verdict VARCHAR, corrected_sql VARCHAR, comment VARCHAR, given_at TIMESTAMP,
            stamp BIGINT NOT NULL, rated BIGINT NOT NULL, search VARCHAR NOT NULL USING COMPRESSION uncompressed)
    """)
    con.execute("CREATE TABLE deleted (id VARCHAR NOT NULL, stamp BIGINT NOT NULL)")


def m002_follows(con: duckdb.DuckDBPyConnection) -> None:
    """Which record a question follows up; older records follow none."""
    con.execute("ALTER TABLE records ADD COLUMN IF NOT EXISTS follows VARCHAR")


def m003_tokens(con: duckdb.DuckDBPyConnection) -> None:
    """Tokens that a language model read, how many of them it had read before, and tokens that it wrote."""
    for name in ("tokens_read", "tokens_known", "tokens_written"):
        con.execute(f"ALTER TABLE records ADD COLUMN IF NOT EXISTS {name} BIGINT")


MIGRATIONS: tuple[Migration, ...] = (m001_records, m002_follows, m003_tokens)


def schema_version(con: duckdb.DuckDBPyConnection) -> int:
    """How many migrations the file has seen. Raises duckdb.Error."""
    found = con.execute("SELECT count(*) FROM duckdb_tables() WHERE table_name = 'log_state'").fetchone()
    if found is None or found[0] == 0:
        return 0
    state = con.execute("SELECT schema_version FROM log_state").fetchone()
    return 0 if state is None else int(state[0])


def check_version(version: int, migrations: Sequence[Migration] = MIGRATIONS) -> bool:
    """Whether a file of this version can be read as it is; False when it needs migrating.

    Raises QueryLogError when it comes from a newer version of the workbench.
    """
    if version > len(migrations):
        raise QueryLogError(
            f"The query log was written by a newer version of the workbench (its format is {version}, this version "
            f"knows {len(migrations)}). Use that version, or another folder."
        )
    return version == len(migrations)


def migrate(con: duckdb.DuckDBPyConnection, migrations: Sequence[Migration] = MIGRATIONS) -> int:
    """Bring the file to the newest version, each step in a transaction of its own; returns how many steps it took.

    Raises QueryLogError as `check_version` does, and duckdb.Error.
    """
    version = schema_version(con)
    check_version(version, migrations)
    for number, migration in enumerate(migrations[version:], start=version + 1):
        con.execute("BEGIN")
        try:
            if number == 1:
                con.execute("CREATE TABLE log_state (schema_version INTEGER NOT NULL, newest_stamp BIGINT NOT NULL)")
                con.execute("INSERT INTO log_state VALUES (0, 0)")
            migration(con)
            con.execute("UPDATE log_state SET schema_version = ?", [number])
        except BaseException:
            con.execute("ROLLBACK")
            raise
        con.execute("COMMIT")
    return len(migrations) - version
