"""Functions over SUPER arrays and objects; they take and give JSON text, NULL for what is neither."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

from streamdialect.errors import DataError
from streamdialect.scalars.base import Scalar, shown
from streamdialect.scalars.documents import read_json, write_json
from streamdialect.scalars.dynamic import group_key, order_key

__all__ = ["SCALARS"]


def _array(text: Any) -> list[Any] | None:
    value = None if text is None else read_json(text)
    return value if isinstance(value, list) else None


def _same(value: Any) -> str:
    """Give what equal elements share; NULL is an element like any other."""
    key = group_key(write_json(value))
    assert key is not None
    return key


# --- composition ----------------------------------------------------------------------------------


def array_concat(first: Any, second: Any) -> str | None:
    """Join two arrays."""
    a, b = _array(first), _array(second)
    return None if a is None or b is None else write_json(a + b)


def _flat(value: list[Any]) -> Iterator[Any]:
    for item in value:
        if isinstance(item, list):
            yield from _flat(item)
        else:
            yield item


def array_flatten(array: Any) -> str | None:
    """Put the elements of all inner arrays, however deep, into one array."""
    value = _array(array)
    return None if value is None else write_json(list(_flat(value)))


def subarray(array: Any, start: Any, length: Any = -1) -> str | None:
    """Take elements from a position on, which counts from the end if it is negative."""
    value = _array(array)
    if value is None or start is None or length is None:
        return None
    first = max(0, start if start >= 0 else len(value) + start)
    return write_json(value[first:] if length == -1 else value[first : first + max(0, length)])


# --- search ---------------------------------------------------------------------------------------


def _search(array: Any, wanted: Any, null_match: Any) -> list[int] | None:
    """Find the positions of a value; None where NULLs make it unknown (``array_position``)."""
    value = _array(array)
    if value is None or null_match is None:
        return None
    if wanted is None and not null_match:
        return None
    key = _same(None) if wanted is None else group_key(wanted)
    found = [index for index, item in enumerate(value) if _same(item) == key]
    return None if not found and not null_match and None in value else found


def array_contains(array: Any, wanted: Any, null_match: Any) -> int | None:
    """Tell whether an array has an element."""
    found = _search(array, wanted, null_match)
    return None if found is None else int(bool(found))


def array_position(array: Any, wanted: Any, null_match: Any) -> int | None:
    """Give the position of an element, from 0, or -1."""
    found = _search(array, wanted, null_match)
    return None if found is None else (found[0] if found else -1)


def array_positions(array: Any, wanted: Any, null_match: Any) -> str | None:
    """Give all positions of an element as an array."""
    found = _search(array, wanted, null_match)
    return None if found is None else "[" + ",".join(map(str, found)) + "]"


# --- sets -----------------------------------------------------------------------------------------


def _ordered(values: list[Any]) -> list[Any]:
    """Drop later duplicates, keep the order of the first ones."""
    found: dict[str, Any] = {}
    for value in values:
        found.setdefault(_same(value), value)
    return list(found.values())


def array_distinct(array: Any) -> str | None:
    """Drop duplicate elements."""
    value = _array(array)
    return None if value is None else write_json(_ordered(value))


def array_union(first: Any, second: Any) -> str | None:
    """Join two arrays without duplicates."""
    a, b = _array(first), _array(second)
    return None if a is None or b is None else write_json(_ordered(a + b))


def _matched(first: Any, second: Any, distinct: Any, keep: bool) -> str | None:
    """Keep the elements of the first array that do or do not meet one of the second, one for one or as sets."""
    a, b = _array(first), _array(second)
    if a is None or b is None or distinct is None:
        return None
    left = Counter(map(_same, b))
    found: list[Any] = []
    for item in _ordered(a) if distinct else a:
        key = _same(item)
        met = left[key] > 0
        if met and not distinct:
            left[key] -= 1
        if met is keep:
            found.append(item)
    return write_json(found)


def array_intersection(first: Any, second: Any, distinct: Any = 0) -> str | None:
    """Give the elements that two arrays share."""
    return _matched(first, second, distinct, True)


def array_except(first: Any, second: Any, distinct: Any = 0) -> str | None:
    """Give the elements of the first array that the second one does not have."""
    return _matched(first, second, distinct, False)


def arrays_overlap(first: Any, second: Any) -> int | None:
    """Tell whether two arrays share an element."""
    a, b = _array(first), _array(second)
    return None if a is None or b is None else int(not {_same(x) for x in a}.isdisjoint(_same(x) for x in b))


def array_sort(array: Any, ascending: Any, nulls_first: Any) -> str | None:
    """Sort an array by SUPER's order of types and values."""
    value = _array(array)
    if value is None or ascending is None or nulls_first is None:
        return None
    nulls = [item for item in value if item is None]
    rest = [item for item in value if item is not None]
    rest.sort(key=lambda item: order_key(write_json(item)) or "", reverse=not ascending)
    return write_json(nulls + rest if nulls_first else rest + nulls)


# --- objects --------------------------------------------------------------------------------------


def _renamed(value: Any, convert: Callable[[str], str]) -> Any:
    if isinstance(value, list):
        return [_renamed(item, convert) for item in value]
    if not isinstance(value, dict):
        return value
    found = {convert(name): _renamed(item, convert) for name, item in value.items()}
    if len(found) != len(value):
        raise DataError(
            "Invalid input\nDETAIL:  code: 8001; "
            "context: SUPER value has duplicate attributes after case conversion."
        )
    return found


def attribute_names(text: Any, upper: int) -> str | None:
    """Write all attribute names in lower or upper case."""
    return None if text is None else write_json(_renamed(read_json(text), str.upper if upper else str.lower))


def _steps(path: str) -> list[str]:
    """Read a path of OBJECT_TRANSFORM: names in double quotes with periods between them."""
    steps = path.split(".") if '"' not in path else path[1:-1].split('"."')
    if not path.startswith('"') or not path.endswith('"') or len(path) < 3 or any('"' in s for s in steps):
        raise DataError(f"invalid path of OBJECT_TRANSFORM: {shown(path)}")
    return steps


def _put(target: dict[str, Any], steps: list[str], value: Any) -> None:
    for step in steps[:-1]:
        inner = target.get(step)
        if not isinstance(inner, dict):
            inner = target[step] = {}
        target = inner
    target[steps[-1]] = value


def object_transform(text: Any, keep: int, *arguments: Any) -> str | None:
    """Make an object of the parts at ``keep`` paths and of pairs of a path and a value (the rest)."""
    value = None if text is None else read_json(text)
    if not isinstance(value, dict):
        return None if text is None else str(text)
    found: dict[str, Any] = {}
    for path in arguments[:keep]:
        part: Any = value
        steps = _steps(path)
        for step in steps:
            part = part[step] if isinstance(part, dict) and step in part else found
        if part is not found:
            _put(found, steps, part)
    for path, new in zip(arguments[keep::2], arguments[keep + 1 :: 2], strict=True):
        _put(found, _steps(path), None if new is None else read_json(new))
    return write_json(found)


SCALARS: tuple[Scalar, ...] = (
    Scalar("streamdialect_array_concat", 2, array_concat),
    Scalar("streamdialect_array_flatten", 1, array_flatten),
    Scalar("streamdialect_subarray", -1, subarray, deterministic=False),
    Scalar("streamdialect_array_contains", 3, array_contains),
    Scalar("streamdialect_array_position", 3, array_position),
    Scalar("streamdialect_array_positions", 3, array_positions),
    Scalar("streamdialect_array_distinct", 1, array_distinct),
    Scalar("streamdialect_array_union", 2, array_union),
    Scalar("streamdialect_array_intersection", -1, array_intersection),
    Scalar("streamdialect_array_except", -1, array_except),
    Scalar("streamdialect_arrays_overlap", 2, arrays_overlap),
    Scalar("streamdialect_array_sort", 3, array_sort),
    Scalar("streamdialect_attribute_names", 2, attribute_names, deterministic=False),
    Scalar("streamdialect_object_transform", -1, object_transform, deterministic=False),
)
