"""Owns the prompt that llama-3-sqlcoder-8b was released with. Knows no tokens and no model.

Source: the model card of defog/llama-3-sqlcoder-8b gives the template, in Llama 3's own header marks, and greedy
decoding (`do_sample=False`, `num_beams=1`). Its `{instructions}` are left empty.
"""

from __future__ import annotations

from nl2sql.parsers import sqlcoder, weights
from nl2sql.parsers.causal_family import CausalFamily

TEMPLATE = """<|begin_of_text|><|start_header_id|>user<|end_header_id|>

Generate a SQL query to answer this question: `{question}`

DDL statements:
{tables}<|eot_id|><|start_header_id|>assistant<|end_header_id|>

The following SQL query best answers the question `{question}`:
```sql
"""


def prompt(question: str, tables: str) -> str:
    """The released prompt; the question goes in on one line, without the marks that part it from the rest."""
    return TEMPLATE.format(question=" ".join(question.replace("`", "'").split()), tables=tables)


FAMILY = CausalFamily(weights.LLAMA3_SQLCODER, prompt, sqlcoder.schema_text, has_marks=True)
