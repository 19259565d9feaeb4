"""Casts that are written as calls, ``int4(x)``. Source: ``r_CAST_function`` and PostgreSQL's names of types."""

from __future__ import annotations

from sqlglot import exp

from streamdialect.sql.compiler import Compiler
from streamdialect.sql.functions import Build, function
from streamdialect.sql.nodes import Node
from streamdialect.sql.values import Value

__all__: list[str] = []


def _builder(name: str) -> Build:
    def build(compiler: Compiler, arguments: list[Node], node: Node) -> Value:
        return compiler.value(exp.Cast(this=arguments[0], to=exp.DataType.build(name, dialect="redshift")))

    return build


for _names, _kind, _example in (
    (("INT2", "SMALLINT"), "SMALLINT", ("(1.5)", "2")),
    (("INT4", "INT", "INTEGER"), "INTEGER", ("(162.00)", "162")),
    (("INT8", "BIGINT"), "BIGINT", ("('5')", "5")),
    (("NUMERIC", "DECIMAL"), "DECIMAL(18,0)", ("('5.6')", "6")),
    (("FLOAT4", "REAL"), "REAL", ("(19999.99)", "20000")),
    (("FLOAT8", "FLOAT"), "DOUBLE PRECISION", ("('1e3')", "1000")),
    (("BOOL", "BOOLEAN"), "BOOLEAN", ("('yes')", "true")),
):
    for _name in _names:
        function(
            _name,
            1,
            1,
            f"Cast to {_kind}.",
            heading=_names[0].lower(),
            signature=f"{_name}(expression)",
            returns=_kind,
            page="r_CAST_function",
            example=(_name + _example[0], _example[1]),
        )(_builder(_kind))
