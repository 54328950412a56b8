"""What the scripted parser answers in the browser tests and in the screenshots; data only."""

from __future__ import annotations

from nl2sql.parsers.base import Candidate, Prediction

HOSTILE = "<b>bold</b> **stars** :material/home: $x^2$ :red[red] `code` [a](http://example.com) -> :smile:"
ANSWERS = {
    "Show me average salary by department": Prediction(
        (
            Candidate(
                "SELECT department, avg(salary) AS average_salary FROM employees GROUP BY department "
                "ORDER BY average_salary DESC",
                -0.05,
            ),
            Candidate("SELECT department, max(salary) AS average_salary FROM employees GROUP BY department", -3.2),
        ),
        confidence=0.93,
        prompt="question: Show me average salary by department",
    ),
    "only engineering": "SELECT avg(salary) AS average_salary FROM employees WHERE department = 'Engineering'",
    "List all employees who joined last year": (
        "SELECT * FROM employees WHERE date_joined >= date_trunc('year', current_date) - INTERVAL 1 YEAR "
        "AND date_joined < date_trunc('year', current_date)"
    ),
    "Which are our best customers?": Prediction(
        (
            Candidate(
                "SELECT customers.name, sum(orders.total_amount) AS revenue FROM orders JOIN customers "
                "ON orders.customer_id = customers.id GROUP BY customers.id, customers.name "
                "ORDER BY revenue DESC LIMIT 10",
                -0.9,
                notes=("«best» was read as the highest revenue.",),
            ),
            Candidate(
                "SELECT customers.name, count(*) AS orders FROM orders JOIN customers "
                "ON orders.customer_id = customers.id GROUP BY customers.id, customers.name "
                "ORDER BY orders DESC LIMIT 10",
                -1.1,
            ),
        ),
        confidence=0.41,
    ),
    "Show every order": "SELECT * FROM order_items",
    "Who earns nothing?": "SELECT * FROM employees WHERE salary < 0",
    "Delete everything": "DELETE FROM employees",
    "Ask for a column that is not there": "SELECT salery FROM employees",
    "Take your time": "SELECT sum(range % 7) FROM range(1000000000000)",
    "total sales by region": (
        "SELECT region, sum(total_sales) AS total_sales FROM finance_q3 GROUP BY region ORDER BY total_sales DESC"
    ),
    HOSTILE: Prediction(
        (Candidate(f"SELECT '{HOSTILE}' AS \"{HOSTILE}\"", -0.1, notes=(HOSTILE,)),), 0.95, prompt=HOSTILE
    ),
}
