"""Two readings told apart in words."""

from __future__ import annotations

import pytest

from nl2sql.comparing.clauses import difference

TOTALS = "SELECT name, sum(x) AS s FROM t GROUP BY name ORDER BY s DESC LIMIT 3"


@pytest.mark.parametrize(
    ("sql", "other", "words"),
    [
        (
            "SELECT dept FROM staff GROUP BY dept HAVING count(*) > 10",
            'SELECT staff.dept, count(*) AS "count" FROM staff JOIN calls ON calls.by = staff.id GROUP BY staff.dept'
            " HAVING count(*) > 10",
            "also looks into calls; also shows count(*)",
        ),
        (TOTALS, "SELECT name FROM t GROUP BY name ORDER BY sum(x) DESC LIMIT 3", "does not show sum(x)"),
        (TOTALS, TOTALS.replace("LIMIT 3", "LIMIT 5"), "cut off after 5 instead of 3"),
        (TOTALS, TOTALS.replace("DESC", ""), "sorted by sum(x) instead of sum(x) DESC"),
        ("SELECT * FROM t WHERE a = 1 AND b = 'x'", "SELECT DISTINCT * FROM t WHERE a = 1",
         "not only where b = 'x'; each only once"),
        ("SELECT a FROM t WHERE b = 1", "SELECT a FROM u WHERE b = 2",
         "looks into u instead of t; where b = 2 instead of b = 1"),
        ("SELECT any_value(t.a) AS a FROM t GROUP BY t.k", "SELECT a FROM t", "not for each k"),
        ("SELECT u.a FROM t JOIN u ON u.id = t.id", "SELECT a FROM u JOIN t ON t.id = u.id", ""),
        (TOTALS, TOTALS.replace("sum(x)", "count(*)"), "shows count(*) instead of sum(x)"),
        (TOTALS, TOTALS, ""),
        ("SELECT a, b FROM t WHERE c = 1 GROUP BY d ORDER BY e", "SELECT x FROM y LIMIT 1", ""),
        ("SELECT a FROM t", "SELECT a FROM t UNION SELECT b FROM u", ""),
        ("SELECT a FROM t", "not ( SQL", ""),
        ("", "SELECT 1", ""),
        ("SELECT a FROM t", f"SELECT a FROM t WHERE b = '{'x' * 200}'", ""),
    ],
)  # fmt: skip
def test_what_another_reading_asks_for(sql, other, words):
    assert difference(sql, other) == words
