"""Redshift's functions by ``func``, with their types where SQLAlchemy cannot know them.

``func`` compiles every name; listed here are those whose type matters to what is done with the result (paths into
``json_parse``, comparisons, columns of a declared view) and those with an argument that is no value: a date part.
Names that other databases also have, have the same type there.
"""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import exc, literal_column
from sqlalchemy import types as sa
from sqlalchemy.sql.functions import GenericFunction, ReturnTypeFromArgs

from streamdialect.sqlalchemy.super_type import SUPER

__all__ = ["TYPED"]

_PART = re.compile(r"[A-Za-z_]+\Z")

_TYPES: dict[str, Any] = {
    "array_concat": SUPER,
    "array_flatten": SUPER,
    "can_json_parse": sa.Boolean,
    "from_hex": sa.LargeBinary,
    "from_varbyte": sa.String,
    "get_array_length": sa.BigInteger,
    "getdate": sa.DateTime,
    "is_array": sa.Boolean,
    "is_object": sa.Boolean,
    "is_scalar": sa.Boolean,
    "is_valid_json": sa.Boolean,
    "is_valid_json_array": sa.Boolean,
    "json_array_length": sa.Integer,
    "json_extract_array_element_text": sa.String,
    "json_extract_path_text": sa.String,
    "json_parse": SUPER,
    "json_serialize": sa.String,
    "json_size": sa.BigInteger,
    "json_typeof": sa.String,
    "listagg": sa.String,
    "subarray": SUPER,
    "to_varbyte": sa.LargeBinary,
}


def _typed(name: str, kind: Any) -> Any:
    # Defining the class is what registers the name.
    return type(name, (GenericFunction,), {"type": kind(), "inherit_cache": True, "__module__": __name__})


TYPED: dict[str, Any] = {name: _typed(name, kind) for name, kind in _TYPES.items()}


class nvl(ReturnTypeFromArgs):  # type: ignore[type-arg]
    """Be NVL, which has the type of its arguments."""

    inherit_cache = True


class _OfTime(GenericFunction):  # type: ignore[type-arg]
    """Be a function of a date part and a time, and have the time's type if that is a timestamp."""

    _register = False
    quoted = False

    def __init__(self, part: Any, *arguments: Any, **options: Any) -> None:
        if isinstance(part, str):
            if not _PART.match(part):
                raise exc.ArgumentError(f"{part!r} is no date part")
            part = literal_column(f"'{part}'" if self.quoted else part)
        if "type" not in type(self).__dict__:
            kind = getattr(arguments[-1], "type", None) if arguments else None
            options.setdefault("type_", kind if isinstance(kind, sa.DateTime) else sa.DateTime())
        super().__init__(part, *arguments, **options)


class date_trunc(_OfTime):
    """Be DATE_TRUNC; the part is written as a literal, as GROUP BY must find it again."""

    quoted = True
    inherit_cache = True


class dateadd(_OfTime):
    """Be DATEADD; the part is a keyword."""

    inherit_cache = True


class datediff(_OfTime):
    """Be DATEDIFF; the part is a keyword."""

    type = sa.BigInteger()
    inherit_cache = True


TYPED.update({each.__name__: each for each in (nvl, date_trunc, dateadd, datediff)})
