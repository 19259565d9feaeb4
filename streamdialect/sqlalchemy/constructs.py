"""Redshift's streaming DDL as SQLAlchemy constructs, for ``connection.execute`` and for events.

The same objects write Redshift's SQL for this dialect and for a dialect whose name is ``redshift``; another
one raises CompileError. Names are quoted by the dialect's preparer; values become literals.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import String, Table, exc
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql import roles, visitors
from sqlalchemy.sql.elements import BindParameter, TextClause

from streamdialect.sqlalchemy import compat
from streamdialect.sqlalchemy.redshift_only import check_dialect

__all__ = [
    "AlterMaterializedView",
    "CreateExternalSchema",
    "CreateMaterializedView",
    "DropExternalSchema",
    "DropMaterializedView",
    "RefreshMaterializedView",
]

_SOURCES = ("KINESIS", "KAFKA", "MSK")
_AUTHENTICATIONS = ("none", "iam", "mtls")
_STYLES = ("EVEN", "ALL", "KEY")
_ALTERED_STYLES = (*_STYLES, "AUTO")


class _Statement(compat.DDL_ELEMENT):  # type: ignore[misc]
    """Be a statement that writes itself; its repr has names only, never what it connects with."""

    __visit_name__ = "streamdialect_statement"

    name: str
    schema: str | None = None

    def _write(self, compiler: Any) -> str:
        raise NotImplementedError

    def _target(self, compiler: Any) -> str:
        quote = compiler.preparer.quote
        return f"{quote(self.schema)}.{quote(self.name)}" if self.schema else str(quote(self.name))

    def __repr__(self) -> str:
        name = f"{self.schema}.{self.name}" if self.schema else self.name
        return f"<{type(self).__name__} {name}>"


@compiles(_Statement)
def _compile(element: _Statement, compiler: Any, **_: Any) -> str:
    check_dialect(element, compiler)
    return element._write(compiler)


class CreateExternalSchema(_Statement):
    """Be CREATE EXTERNAL SCHEMA over streams (``r_CREATE_EXTERNAL_SCHEMA``).

    ``source`` is KINESIS, KAFKA or MSK. ``iam_role`` is ``"default"``, the ARN of a role, or a sequence of ARNs
    that are assumed one after another. ``uri`` is ``"host:port,host:port"`` or a sequence of ``"host:port"``;
    ``authentication`` is ``"none"``, ``"iam"`` or ``"mtls"``. Which clauses a source needs, the database says.
    """

    def __init__(
        self,
        name: str,
        source: str,
        *,
        iam_role: str | Sequence[str] | None = None,
        region: str | None = None,
        authentication: str | None = None,
        authentication_arn: str | None = None,
        secret_arn: str | None = None,
        uri: str | Sequence[str] | None = None,
        cluster_arn: str | None = None,
        if_not_exists: bool = False,
    ) -> None:
        self.name = name
        self.source = _one_of("source", source, _SOURCES)
        self.if_not_exists = if_not_exists
        if authentication is not None:
            authentication = _one_of("authentication", authentication, _AUTHENTICATIONS)
        self._authentication = authentication
        self._clauses = {
            "REGION": region,
            "IAM_ROLE": iam_role if iam_role is None or isinstance(iam_role, str) else ",".join(iam_role),
            "AUTHENTICATION": authentication,
            "AUTHENTICATION_ARN": authentication_arn,
            "SECRET_ARN": secret_arn,
            "URI": uri if uri is None or isinstance(uri, str) else ",".join(uri),
            "CLUSTER_ARN": cluster_arn,
        }

    def _write(self, compiler: Any) -> str:
        parts = ["CREATE EXTERNAL SCHEMA", *(["IF NOT EXISTS"] if self.if_not_exists else [])]
        parts += [self._target(compiler), "FROM", self.source]
        for keyword, value in self._clauses.items():
            if value is not None:
                bare = keyword == "AUTHENTICATION" or (keyword == "IAM_ROLE" and value.lower() == "default")
                parts += [keyword, value.lower() if bare else _literal(compiler, value)]
        return " ".join(parts)


class DropExternalSchema(_Statement):
    """Be DROP SCHEMA of an external schema (``r_DROP_SCHEMA``); ``cascade`` drops the views on it too."""

    def __init__(self, name: str, *, if_exists: bool = False, cascade: bool = False) -> None:
        self.name, self.if_exists, self.cascade = name, if_exists, cascade

    def _write(self, compiler: Any) -> str:
        return _drop("SCHEMA", self, compiler)


class _OfView(_Statement):
    """Be a statement about a materialized view: its name, or a Table of its name and schema."""

    def _name(self, view: str | Table, schema: str | None) -> None:
        if not isinstance(view, (str, Table)):
            raise exc.ArgumentError(f"a materialized view is named by a str or a Table, not {view!r}")
        self.name = view if isinstance(view, str) else view.name
        self.schema = schema if isinstance(view, str) else view.schema


class CreateMaterializedView(_OfView):
    """Be CREATE MATERIALIZED VIEW (``materialized-view-create-sql-command``).

    ``select`` is a query of SQLAlchemy, whose values become literals, ``text()``, or SQL as a str. ``auto_refresh``
    and ``backup`` are written only if they are given. ``diststyle`` is EVEN, ALL or KEY; ``distkey`` and each of
    ``sortkey`` are a column, its name, or its number in the select list from 1. The statement has no IF NOT
    EXISTS: :func:`streamdialect.sqlalchemy.materialized_view` checks first.
    """

    def __init__(
        self,
        name: str | Table,
        select: Any,
        *,
        schema: str | None = None,
        auto_refresh: bool | None = None,
        backup: bool | None = None,
        diststyle: str | None = None,
        distkey: Any = None,
        sortkey: Any = None,
    ) -> None:
        if not isinstance(select, (str, TextClause, roles.SelectStatementRole)):
            raise exc.ArgumentError(f"a materialized view is made of a select, text() or str, not {select!r}")
        self._name(name, schema)
        self.select = select
        self.auto_refresh, self.backup = auto_refresh, backup
        self.diststyle = None if diststyle is None else _one_of("diststyle", diststyle, _STYLES)
        self.distkey = None if distkey is None else _key(distkey)
        self.sortkey = _keys(sortkey)

    def _write(self, compiler: Any) -> str:
        parts = ["CREATE MATERIALIZED VIEW", self._target(compiler)]
        if self.backup is not None:
            parts.append(f"BACKUP {_yes(self.backup)}")
        if self.diststyle:
            parts.append(f"DISTSTYLE {self.diststyle}")
        if self.distkey is not None:
            parts.append(f"DISTKEY ({_written(compiler, self.distkey)})")
        if self.sortkey:
            parts.append(f"SORTKEY ({', '.join(_written(compiler, key) for key in self.sortkey)})")
        if self.auto_refresh is not None:
            parts.append(f"AUTO REFRESH {_yes(self.auto_refresh)}")
        return " ".join([*parts, "AS", _query(compiler, self.select)])


class AlterMaterializedView(_OfView):
    """Be ALTER MATERIALIZED VIEW with one change (``r_ALTER_MATERIALIZED_VIEW``).

    Give one of ``auto_refresh``; ``distkey``; ``diststyle`` (EVEN, ALL, AUTO, or KEY together with ``distkey``);
    ``sortkey``, where an empty sequence is SORTKEY NONE.
    """

    def __init__(
        self,
        name: str | Table,
        *,
        schema: str | None = None,
        auto_refresh: bool | None = None,
        diststyle: str | None = None,
        distkey: Any = None,
        sortkey: Any = None,
    ) -> None:
        self._name(name, schema)
        changes = [
            auto_refresh is not None,
            diststyle is not None or distkey is not None,
            sortkey is not None,
        ]
        if sum(changes) != 1:
            raise exc.ArgumentError(
                "AlterMaterializedView takes one change: auto_refresh, diststyle and distkey, or sortkey"
            )
        self.auto_refresh = auto_refresh
        self.diststyle = None if diststyle is None else _one_of("diststyle", diststyle, _ALTERED_STYLES)
        self.distkey = None if distkey is None else _key(distkey)
        self.sortkey = None if sortkey is None else _keys(sortkey)
        if self.diststyle is not None and (self.diststyle == "KEY") != (self.distkey is not None):
            raise exc.ArgumentError("DISTSTYLE KEY goes with a distkey, and only KEY does")

    def _write(self, compiler: Any) -> str:
        head = f"ALTER MATERIALIZED VIEW {self._target(compiler)}"
        if self.auto_refresh is not None:
            return f"{head} AUTO REFRESH {_yes(self.auto_refresh)}"
        if self.sortkey is not None:
            keys = ", ".join(_written(compiler, key) for key in self.sortkey)
            return f"{head} ALTER SORTKEY {f'({keys})' if keys else 'NONE'}"
        style = f" DISTSTYLE {self.diststyle}" if self.diststyle else ""
        key = f" DISTKEY {_written(compiler, self.distkey)}" if self.distkey is not None else ""
        return f"{head} ALTER{style}{key}"


class RefreshMaterializedView(_OfView):
    """Be REFRESH MATERIALIZED VIEW (``materialized-view-refresh-sql-command``).

    ``cascade`` refreshes the views that this one is built on first.
    """

    def __init__(self, name: str | Table, *, schema: str | None = None, cascade: bool = False) -> None:
        self._name(name, schema)
        self.cascade = cascade

    def _write(self, compiler: Any) -> str:
        return f"REFRESH MATERIALIZED VIEW {self._target(compiler)}{' CASCADE' if self.cascade else ''}"


class DropMaterializedView(_OfView):
    """Be DROP MATERIALIZED VIEW (``materialized-view-drop-sql-command``)."""

    def __init__(
        self,
        name: str | Table,
        *,
        schema: str | None = None,
        if_exists: bool = False,
        cascade: bool = False,
    ) -> None:
        self._name(name, schema)
        self.if_exists, self.cascade = if_exists, cascade

    def _write(self, compiler: Any) -> str:
        return _drop("MATERIALIZED VIEW", self, compiler)


def _drop(kind: str, statement: Any, compiler: Any) -> str:
    exists = " IF EXISTS" if statement.if_exists else ""
    cascade = " CASCADE" if statement.cascade else ""
    return f"DROP {kind}{exists} {statement._target(compiler)}{cascade}"


def _yes(flag: Any) -> str:
    if not isinstance(flag, bool):
        raise exc.ArgumentError(f"auto_refresh and backup must be True or False, not {flag!r}")
    return "YES" if flag else "NO"


def _one_of(what: str, value: Any, allowed: tuple[str, ...]) -> str:
    for word in allowed:
        if isinstance(value, str) and value.lower() == word.lower():
            return word
    raise exc.ArgumentError(f"{what} must be one of {', '.join(allowed)}, not {value!r}")


def _key(key: Any) -> str | int:
    """Give the name or number of a column."""
    found = key if isinstance(key, (str, int)) else getattr(key, "name", None)
    if isinstance(found, bool) or not isinstance(found, (str, int)):
        raise exc.ArgumentError(f"a key is a column, its name or its number, not {key!r}")
    return found


def _keys(keys: Any) -> tuple[str | int, ...]:
    if keys is None:
        return ()
    return tuple(_key(key) for key in keys) if isinstance(keys, (list, tuple)) else (_key(keys),)


def _written(compiler: Any, key: str | int) -> str:
    return str(key) if isinstance(key, int) else str(compiler.preparer.quote(key))


def _literal(compiler: Any, value: str) -> str:
    """Write a literal as Redshift reads it, where a backslash escapes the next character."""
    return "'" + _percents(compiler, value.replace("\\", "\\\\").replace("'", "''")) + "'"


def _query(compiler: Any, select: Any) -> str:
    if isinstance(select, str):
        return _percents(compiler, select.strip().rstrip(";"))
    for part in visitors.iterate(select):
        if isinstance(part, BindParameter) and part.required:
            raise exc.CompileError(f"a materialized view has no parameters, and {part.key!r} has no value")
    writer = compiler.sql_compiler
    render = writer.render_literal_value
    if render("\\", String()) != r"'\\'":  # a dialect for Redshift that takes its literals for PostgreSQL's
        writer.render_literal_value = lambda value, type_: render(value, type_).replace("\\", r"\\")
    return str(writer.process(select, literal_binds=True))


def _percents(compiler: Any, sql: str) -> str:
    """Double per cent signs for drivers that write parameters with them."""
    return sql.replace("%", "%%") if compiler.preparer._double_percents else sql
