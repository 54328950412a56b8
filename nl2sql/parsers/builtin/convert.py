"""Turns gold SQL into readings, for training only: what the grammar cannot say raises ConversionError."""

from __future__ import annotations

from dataclasses import dataclass, field

import sqlglot
from sqlglot import exp

from nl2sql.parsers.builtin.grammar import PLACES, Action, Leaf, Reading
from nl2sql.parsers.builtin.joins import join_path
from nl2sql.parsers.builtin.roles import Role
from nl2sql.schema import Schema, fold


class ConversionError(Exception):
    """The grammar has no words for this SQL."""


@dataclass
class Scope:
    """Aliases of one SELECT: alias or name (case-folded) to table name."""

    tables: dict[str, str] = field(default_factory=dict)


_COMPARISONS = {exp.EQ: "=", exp.NEQ: "!=", exp.LT: "<", exp.LTE: "<=", exp.GT: ">", exp.GTE: ">="}
_SWAPPED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "=", "!=": "!="}
_AGGREGATES = {exp.Count: "count", exp.Sum: "sum", exp.Avg: "avg", exp.Min: "min", exp.Max: "max", exp.Median: "median"}
_ARITHMETIC = {exp.Add: "add", exp.Sub: "subtract", exp.Mul: "multiply", exp.Div: "divide"}
_SETS = {exp.Union: "union", exp.Intersect: "intersect", exp.Except: "except"}
_BUCKETS = {exp.Year: "year", exp.Hour: "hour"}


def to_reading(sql: str, schema: Schema) -> Reading:
    """The reading of gold `sql` (DuckDB dialect), literals still as they stand there (Leaf kinds number and text)."""
    try:
        tree = sqlglot.parse_one(sql, read="duckdb")
    except sqlglot.errors.SqlglotError as error:
        raise ConversionError("cannot be parsed") from error
    return tuple(Converter(schema).query(tree))


class Converter:
    """Walks the tree of a statement over one schema and gives its actions."""

    def __init__(self, schema: Schema) -> None:
        self.schema = schema

    def query(self, tree: exp.Expression) -> list[Action]:
        """Actions of a SELECT or a set operation."""
        if isinstance(tree, exp.Subquery) and not tree.args.get("alias"):
            return self.query(tree.this)
        for kind, name in _SETS.items():
            if isinstance(tree, kind):
                if tree.args.get("limit") or tree.args.get("order"):
                    raise ConversionError("ordered set operation")
                left = self.query(tree.this)
                if left[-1] != "end":
                    raise ConversionError("chained set operation")
                return [*left[:-1], name, *self.query(tree.expression)]
        if not isinstance(tree, exp.Select):
            raise ConversionError(type(tree).__name__)
        return self.select(tree)

    def select(self, tree: exp.Select) -> list[Action]:
        """Actions of one SELECT."""
        for unknown in ("with", "with_", "qualify", "windows", "laterals"):
            if tree.args.get(unknown):
                raise ConversionError(unknown)
        scope = self.scope(tree)
        actions: list[Action] = ["select"]
        if tree.args.get("distinct"):
            actions.append("distinct")
        for item in tree.expressions:
            actions += self.item(item, scope)
        clauses: list[Action] = []
        if where := tree.args.get("where"):
            clauses += ["where", *self.condition(where.this, scope)]
        if group := tree.args.get("group"):
            clauses += ["group"]
            for one in group.expressions:
                clauses += self.expression(one, scope)
        if having := tree.args.get("having"):
            clauses += ["having", *self.condition(having.this, scope)]
        if order := tree.args.get("order"):
            for one in order.expressions:
                clauses += ["desc" if one.args.get("desc") else "asc", *self.ordered(one.this, tree, scope)]
        if limit := tree.args.get("limit"):
            clauses += self.limit(limit.expression.name, tree.args.get("offset"))
        elif tree.args.get("offset"):
            raise ConversionError("offset without a limit")
        return [*actions, *self.missing_tables([*actions, *clauses], scope), *clauses, "end"]

    def limit(self, number: str, offset: exp.Expression | None) -> list[Action]:
        """How many rows are shown; with an offset, one of the places that the grammar knows."""
        if number == "1":
            passed = offset.expression.name if offset else "0"
            places = [keyword for keyword, before in PLACES.items() if str(before) == passed]
            if not places:
                raise ConversionError(f"offset {passed}")
            return [places[0]]
        if offset:
            raise ConversionError("offset of several rows")
        return ["limit", Leaf("number", value=number, text=number)]

    def ordered(self, tree: exp.Expression, select: exp.Select, scope: Scope) -> list[Action]:
        """An ORDER BY key, which may be the alias of an item."""
        if isinstance(tree, exp.Column) and not tree.table:
            for item in select.expressions:
                if isinstance(item, exp.Alias) and item.alias.casefold() == tree.name.casefold():
                    return self.expression(item.this, scope)
        return self.expression(tree, scope)

    def scope(self, tree: exp.Select) -> Scope:
        """The tables of FROM; each at most once."""
        scope = Scope()
        source = tree.args.get("from_") or tree.args.get("from")
        if source is None:
            raise ConversionError("no FROM")
        for one in [source.this, *(join.this for join in tree.args.get("joins") or [])]:
            if not isinstance(one, exp.Table):
                raise ConversionError("subquery in FROM")
            table = self.schema.table(one.name)
            if table is None:
                raise ConversionError(f"no table is called {one.name}")
            scope.tables[(one.alias or one.name).casefold()] = table.name
        for join in tree.args.get("joins") or []:
            for tie in join.args["on"].find_all(exp.EQ) if join.args.get("on") else ():
                self.take_role(tie.this, tie.expression, scope)
                self.take_role(tie.expression, tie.this, scope)
        if len(set(scope.tables.values())) < len(scope.tables):
            raise ConversionError("self join")
        return scope

    def take_role(self, child: exp.Expression, parent: exp.Expression, scope: Scope) -> None:
        """Where `child` is a key to a role, the alias that it is tied to is that role."""
        if not (isinstance(child, exp.Column) and isinstance(parent, exp.Column)):
            return
        own, other = scope.tables.get(child.table.casefold()), parent.table.casefold()
        for key in self.schema.foreign_keys:
            role = self.schema.table(key.to_table)
            if (
                isinstance(role, Role)
                and own is not None
                and fold(key.table) == fold(own)
                and fold(key.columns[0]) == fold(child.name)
                and fold(key.to_columns[0]) == fold(parent.name)
                and scope.tables.get(other) == role.of
            ):
                scope.tables[other] = role.name

    def missing_tables(self, actions: list[Action], scope: Scope) -> list[Action]:
        """`from TABLE+` for tables of FROM that neither the leaves nor the joins between them bring in."""
        named = [one.table for one in own_leaves(actions)]
        if not named:
            named = [next(iter(scope.tables.values()))]
            extra = list(named)
        else:
            extra = []
        try:
            inferred = {name for name, _ in join_path(self.schema, list(dict.fromkeys(named)))}
        except Exception as error:
            raise ConversionError("no path") from error
        extra += [name for name in scope.tables.values() if name not in inferred and name not in extra]
        if inferred - set(scope.tables.values()):
            raise ConversionError("join path differs")
        return ["from", *(Leaf("table", name) for name in extra)] if extra else []

    def item(self, tree: exp.Expression, scope: Scope) -> list[Action]:
        """One item of the select list."""
        if isinstance(tree, exp.Alias):
            tree = tree.this
        if isinstance(tree, exp.Star):
            return [Leaf("table", name) for name in scope.tables.values()]
        if isinstance(tree, exp.Column) and isinstance(tree.this, exp.Star):
            return [Leaf("table", scope.tables[tree.table.casefold()])]
        return self.expression(tree, scope)

    def expression(self, tree: exp.Expression, scope: Scope) -> list[Action]:
        """An expression."""
        if isinstance(tree, exp.Paren):
            return self.expression(tree.this, scope)
        if isinstance(tree, (exp.AnyValue, exp.IgnoreNulls, exp.TryCast)):
            return self.expression(tree.this, scope)
        if isinstance(tree, exp.Column):
            return [self.column(tree, scope)]
        for kind, name in _AGGREGATES.items():
            if isinstance(tree, kind):
                return self.aggregate(name, tree.this, scope)
        for kind, name in _ARITHMETIC.items():
            if isinstance(tree, kind):
                return [name, *self.expression(tree.this, scope), *self.expression(tree.expression, scope)]
        for kind, name in _BUCKETS.items():
            if isinstance(tree, kind):
                inner = tree.this.this if isinstance(tree.this, exp.TsOrDsToDate) else tree.this
                return [name, *self.expression(inner, scope)]
        if isinstance(tree, (exp.DateTrunc, exp.TimestampTrunc)):
            unit = tree.args["unit"].name.lower()
            if unit not in ("quarter", "month", "week", "day"):
                raise ConversionError(unit)
            return [unit, *self.expression(tree.this, scope)]
        raise ConversionError(type(tree).__name__)

    def aggregate(self, name: str, tree: exp.Expression, scope: Scope) -> list[Action]:
        """An aggregate call over `tree`."""
        if isinstance(tree, exp.Star):
            return [name, Leaf("table", next(iter(scope.tables.values())))]
        if isinstance(tree, exp.Distinct):
            (only,) = tree.expressions if len(tree.expressions) == 1 else (None,)
            if only is None:
                raise ConversionError("distinct of several")
            return [name, "distinct", *self.expression(only, scope)]
        return [name, *self.expression(tree, scope)]

    def column(self, tree: exp.Column, scope: Scope) -> Leaf:
        """The column that a name means."""
        names = list(scope.tables.values())
        if tree.table:
            if tree.table.casefold() not in scope.tables:
                raise ConversionError("correlated")
            names = [scope.tables[tree.table.casefold()]]
        for name in names:
            table = self.schema.table(name)
            column = table.column(tree.name) if table else None
            if table and column:
                return Leaf("column", table.name, column.name)
        raise ConversionError("unknown column")

    def condition(self, tree: exp.Expression, scope: Scope) -> list[Action]:
        """A condition."""
        if isinstance(tree, exp.Paren):
            return self.condition(tree.this, scope)
        if isinstance(tree, (exp.And, exp.Or)):
            name = "and" if isinstance(tree, exp.And) else "or"
            return [name, *self.condition(tree.this, scope), *self.condition(tree.expression, scope)]
        for kind, name in _COMPARISONS.items():
            if isinstance(tree, kind):
                return self.comparison(name, tree.this, tree.expression, scope)
        if isinstance(tree, exp.Between):
            values = [self.literal(tree.args["low"]), self.literal(tree.args["high"])]
            return ["between", *self.expression(tree.this, scope), *values]
        negated = isinstance(tree, exp.Not)
        inner = tree.this if negated else tree
        inner = inner.this if isinstance(inner, exp.Paren) else inner
        if isinstance(inner, (exp.Like, exp.ILike)):
            return self.pattern(inner, negated, scope)
        if isinstance(inner, exp.In):
            return self.membership(inner, negated, scope)
        if isinstance(inner, exp.Is) and isinstance(inner.expression, exp.Null):
            return ["not_null" if negated else "null", *self.expression(inner.this, scope)]
        if negated and isinstance(inner, exp.EQ):
            return self.comparison("!=", inner.this, inner.expression, scope)
        if isinstance(inner, exp.Column):
            return ["false" if negated else "true", *self.expression(inner, scope)]
        raise ConversionError(type(tree).__name__)

    def comparison(self, name: str, left: exp.Expression, right: exp.Expression, scope: Scope) -> list[Action]:
        """A comparison; the side with a column comes first."""
        if isinstance(left, exp.Literal):
            left, right, name = right, left, _SWAPPED[name]
        if isinstance(right, exp.Boolean) and name == "=":
            return ["true" if right.this else "false", *self.expression(left, scope)]
        if isinstance(right, exp.Subquery):
            return [name, *self.expression(left, scope), *self.query(right)]
        if isinstance(right, (exp.Literal, exp.Neg, exp.Cast)):
            return [name, *self.expression(left, scope), self.literal(right)]
        return [name, *self.expression(left, scope), *self.expression(right, scope)]

    def pattern(self, tree: exp.Expression, negated: bool, scope: Scope) -> list[Action]:
        """LIKE with a % at one end or both."""
        # sqlglot marks NOT LIKE on the node itself; NOT (… LIKE …) wraps it.
        negated = negated != bool(tree.args.get("negate"))
        text = tree.expression.name
        bare = text.strip("%")
        if not bare or "%" in bare or "_" in bare:
            raise ConversionError("pattern")
        if text.startswith("%") and text.endswith("%"):
            name = "not_contains" if negated else "contains"
        elif negated:
            raise ConversionError("pattern")
        else:
            name = "ends" if text.startswith("%") else "starts" if text.endswith("%") else "contains"
        return [name, *self.expression(tree.this, scope), Leaf("text", text=bare)]

    def membership(self, tree: exp.In, negated: bool, scope: Scope) -> list[Action]:
        """IN over a subquery, or over a list, which becomes a chain of comparisons."""
        left = self.expression(tree.this, scope)
        if query := tree.args.get("query"):
            return ["not_in" if negated else "in", *left, *self.query(query)]
        tests: list[list[Action]] = [["!=" if negated else "=", *left, self.literal(one)] for one in tree.expressions]
        actions = tests[0]
        for test in tests[1:]:
            actions = ["and" if negated else "or", *actions, *test]
        return actions

    def literal(self, tree: exp.Expression) -> Leaf:
        """A literal as it stands in the SQL."""
        while isinstance(tree, exp.Cast):
            tree = tree.this
        if isinstance(tree, exp.Neg):
            return Leaf("number", value=f"-{tree.this.name}", text=f"-{tree.this.name}")
        if not isinstance(tree, exp.Literal):
            raise ConversionError("no literal")
        if tree.is_string:
            return Leaf("text", text=tree.name)
        return Leaf("number", value=tree.name, text=tree.name)


def own_leaves(actions: list[Action]) -> list[Leaf]:
    """Leaves with a table that belong to the outer query, subqueries left out."""
    leaves: list[Leaf] = []
    depth = 0
    for at, action in enumerate(actions):
        if action == "select" and at > 0:
            depth += 1
        elif action == "end":
            depth -= 1
        elif isinstance(action, Leaf) and action.table and depth == 0:
            leaves.append(action)
    return leaves
