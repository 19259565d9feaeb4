"""States of aggregates over a stream: what is stored, how a batch merges into it, how it is shown.

COUNT, SUM, MIN, MAX and AVG can be kept incrementally (``materialized-view-refresh-sql-command``). The public
view over the states must work in any SQLite from 3.40 on, without functions of ours.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from msgspec import Struct

from streamdialect import types
from streamdialect.identifiers import quote_identifier
from streamdialect.model import KEPT, Column
from streamdialect.sql.aggregates import filter_clause
from streamdialect.sql.arithmetic import scaled
from streamdialect.sql.compiler import Compiler
from streamdialect.sql.equality import distinguished, super_form
from streamdialect.sql.nodes import Node
from streamdialect.sql.totals import exact_real, in_units, sum_type
from streamdialect.sql.values import JsonPath, Value
from streamdialect.types import RedshiftType

__all__ = ["States"]

# Built into every SQLite: abs() of the smallest integer raises "integer overflow".
_RAISE = "abs(min(length({0}) * 0, -9223372036854775807 - 1))"
_REAL_DIGITS = 15
_FAILURE = "streamdialect_fail("
# Functions that an older or plainly built SQLite lacks.
_NOT_BUILT_IN = re.compile(
    r"streamdialect_\w+|\b(?:octet_length|sqrt|ln|log10|exp|pow|floor|ceil|sin|cos|tan|asin|acos|atan2?|degrees|"
    r"radians|pi|group_concat|unixepoch)\("
)


class _State(Struct, frozen=True):
    column: Column
    function: str
    argument: str  # over the batch
    condition: str  # of FILTER, or nothing
    merge: str  # over the stored column {0} and the batch's {1}

    @property
    def sql(self) -> str:
        return f"{self.function}({self.argument}){filter_clause(self.condition)}"

    def over(self, name: Callable[[str], str]) -> str:
        """Write the aggregate over columns that have what it is computed of."""
        argument = self.argument
        if argument != "*":
            # FILTER decides whether the argument is looked at.
            argument = name(f"CASE WHEN {self.condition} THEN {argument} END" if self.condition else argument)
        # As a condition: of AND as a value SQLite computes the right side even if the left one is false.
        condition = self.condition and name(f"CASE WHEN {self.condition} THEN 1 END")
        return f"{self.function}({argument}){filter_clause(condition)}"


_ADD_INTEGERS = (
    "coalesce(CASE typeof({0} + {1}) WHEN 'real' THEN streamdialect_fail({0}, 'bigint out of range') "
    "ELSE {0} + {1} END, {0}, {1})"
)
_ADD_REALS = "coalesce({0} + {1}, {0}, {1})"
_LEAST = "min(coalesce({0}, {1}), coalesce({1}, {0}))"
_MOST = "max(coalesce({0}, {1}), coalesce({1}, {0}))"


class States:
    """Collect the group and the states of one view's SELECT."""

    identity = "_group"

    def __init__(self, compiler: Compiler) -> None:
        self._compiler = compiler
        self._states: dict[tuple[str, ...], _State] = {}
        self._groups: list[tuple[Column, str]] = []

    def _grouping(self, groups: list[tuple[Column, str]]) -> str:
        keys = [distinguished(Value(sql, column.type)) for column, sql in groups]
        return f" GROUP BY {', '.join(keys)}" if keys else ""

    def select(self, source: str) -> str:
        """Write the SELECT over a FROM clause whose relation is a batch."""
        listed = ", ".join(f"{sql} AS {quote_identifier(column.name)}" for column, sql in self.selected())
        return f"SELECT {listed}{source}{self._grouping(self._groups)}"

    def select_kept(self, source: str) -> str:
        """Write the same so that all of a record is computed before any of it is aggregated, where KEPT holds."""
        names: dict[str, str] = {}

        def name(sql: str) -> str:
            return names.setdefault(sql, f'"_value_{len(names) + 1}"')

        groups = [(column, name(sql)) for column, sql in self._groups]
        selected = [
            (Column(name=self.identity, type=types.TEXT), self._identity(groups)),
            *groups,
            *((state.column, state.over(name)) for state in self._states.values()),
        ]
        listed = ", ".join(f"{sql} AS {quote_identifier(column.name)}" for column, sql in selected)
        values = "".join(f"{sql} AS {alias}, " for sql, alias in names.items())
        kept = f'SELECT {values}{KEPT} AS "_kept"{source} LIMIT -1 OFFSET 0'
        return f'SELECT {listed} FROM ({kept}) WHERE "_kept"{self._grouping(groups)}'

    def set_groups(self, groups: list[Value]) -> None:
        """Take the GROUP BY expressions; elsewhere in the SELECT they become stored columns."""
        compiler = self._compiler
        for number, value in enumerate(groups, 1):
            if value.type.name == "VARBYTE":
                raise compiler.unsupported("GROUP BY on VARBYTE in a materialized view over a stream")
            kind = types.TEXT if value.type.name == "UNKNOWN" else value.type
            column = Column(name=f"_group_{number}", type=kind)
            stored = quote_identifier(column.name)
            path = None
            shared = compiler.share(value.sql)
            if kind.name == "SUPER":
                path, shared = JsonPath(stored, "'$'"), super_form(shared)
            self._groups.append((column, shared))
            compiler.frame.group_values[value.sql] = Value(stored, kind, json=path)

    def keep(self, name: str, argument: Value, condition: str) -> Value:
        """Store what an aggregate needs; give the expression over the stored columns that shows it."""
        kind = argument.type
        if kind.name == "VARBYTE" and name in ("SUM", "AVG"):
            raise self._compiler.unsupported(f"{name} of VARBYTE")
        if name == "COUNT":
            # Every group has a record, but a FILTER may leave none of it.
            certain = argument.sql == "*" and not condition and bool(self._groups)
            return Value(self._count(argument, condition), types.BIGINT, nonzero=certain)
        if name in ("MIN", "MAX"):
            merge = _LEAST if name == "MIN" else _MOST
            return Value(self._state(name.lower(), argument.sql, condition, kind, merge), kind)
        if kind.is_float or kind.name == "UNKNOWN":
            total = self._state("sum", argument.sql, condition, types.DOUBLE, _ADD_REALS)
            if name == "SUM":
                return Value(total, types.DOUBLE)
            return Value(f"({total} / nullif({self._count(argument, condition)}, 0))", types.DOUBLE)
        # A cast has checked that few digits are few; more may not fit 64 bits.
        few = kind.is_integer or (kind.precision or 18) <= _REAL_DIGITS
        sql, scale = scaled(argument) if few else in_units(argument)
        total = self._state("sum", sql, condition, types.BIGINT, _ADD_INTEGERS)
        if name == "AVG":
            total = f"({total} / nullif({self._count(argument, condition)}, 0))"
        return Value(exact_real(total, scale, _RAISE), sum_type(kind))

    def _count(self, argument: Value, condition: str) -> str:
        return self._state("count", argument.sql, condition, types.BIGINT, _ADD_INTEGERS)

    def _state(self, function: str, argument: str, condition: str, kind: RedshiftType, merge: str) -> str:
        key = (function, argument, condition, kind.name)
        if key not in self._states:
            column = Column(name=f"_state_{len(self._states) + 1}", type=kind)
            self._states[key] = _State(column, function, argument, condition, merge)
        return quote_identifier(self._states[key].column.name)

    def selected(self) -> list[tuple[Column, str]]:
        """Give the storage columns with their SQL over a batch: identity, groups, states."""
        return [
            (Column(name=self.identity, type=types.TEXT), self._identity(self._groups)),
            *self._groups,
            *((state.column, state.sql) for state in self._states.values()),
        ]

    def _identity(self, groups: list[tuple[Column, str]]) -> str:
        return " || ',' || ".join(self._identity_of(column, sql) for column, sql in groups) or "''"

    @staticmethod
    def _identity_of(column: Column, sql: str) -> str:
        # 29 and 29.0 are one DECIMAL; quote() must write them alike.
        inexact = column.type.is_float or column.type.name == "DECIMAL"
        if inexact:
            return f"quote(CAST({sql} AS REAL))"
        # Blanks at the end of a text do not tell groups apart.
        return f"quote(rtrim({sql}))" if column.type.is_text else f"quote({sql})"

    def merges(self) -> tuple[tuple[str, str], ...]:
        """Give, for each state, the expression that merges a batch into the stored value."""
        found = []
        for state in self._states.values():
            name = quote_identifier(state.column.name)
            found.append((state.column.name, state.merge.format(name, f"excluded.{name}")))
        return tuple(found)

    def public(self, sql: str, node: Node) -> str:
        """Check that an expression of the public view works in any SQLite; give it."""
        sql = _with_built_in_failures(sql)
        foreign = _NOT_BUILT_IN.search(_without_literals(sql))
        if foreign is not None:
            raise self._compiler.unsupported(
                f"this expression over aggregates of a stream (it needs {foreign[0].strip(' (')})",
                node,
                hint="Keep the plain aggregates in the view and compute the rest when reading it.",
            )
        return sql


def _without_literals(sql: str) -> str:
    return re.sub(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"", "''", sql)


def _with_built_in_failures(sql: str) -> str:
    """Replace calls of streamdialect_fail by something that raises in any SQLite."""
    while (start := sql.find(_FAILURE)) >= 0:
        position = start + len(_FAILURE)
        depth, first_end, quote = 1, -1, ""
        while depth:
            character = sql[position]
            if quote:
                quote = "" if character == quote else quote
            elif character in "'\"":
                quote = character
            elif character == "(":
                depth += 1
            elif character == ")":
                depth -= 1
            elif character == "," and depth == 1 and first_end < 0:
                first_end = position
            position += 1
        argument = sql[start + len(_FAILURE) : first_end]
        sql = sql[:start] + _RAISE.format(argument) + sql[position:]
    return sql
