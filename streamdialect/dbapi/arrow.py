"""Results as Apache Arrow: columns made from stored values, without a Python object for each converted one.

Needs pyarrow (``pip install "streamdialect[arrow]"``), which is imported on first use.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from streamdialect.conversions import converter
from streamdialect.dbapi.rows import Row, not_of_its_type
from streamdialect.errors import DataError, InterfaceError
from streamdialect.model import Column
from streamdialect.types import DAY_TO_SECOND, RedshiftType

if TYPE_CHECKING:
    import pyarrow

__all__ = ["Batches"]

# Rows that are read together, few enough for the processor's cache, and how many of these make a batch.
_BLOCK = 500
_BLOCKS = 128
# Bytes after which a batch ends before that: an array of texts cannot have more than 2 GB.
_FULL = 64 * 2**20

# Stored texts of these lengths are in the one form that is written here; others are converted one by one.
_LENGTHS = {"TIMESTAMP": 26, "TIMESTAMPTZ": 26, "DATE": 10, "TIME": 15, "TIMETZ": 15}


class Batches:
    """Make record batches of at most 64,000 raw rows; ``schema`` is theirs, and iteration yields them.

    The first is made at once, because a column of unknown type (NULL, a parameter that is text, a PRAGMA) has the
    type of its values there: int64, double, string, binary, or null if all of them are. Raise DataError for a
    value that does not fit its column's type, InterfaceError without pyarrow.
    """

    def __init__(self, columns: Sequence[Column], stored: Callable[[int], list[Row]]) -> None:
        try:
            import pyarrow
        except ImportError as error:
            raise InterfaceError(
                "pyarrow is not installed", hint='Install it with: pip install "streamdialect[arrow]"'
            ) from error
        self._stored = stored
        self._columns = [_column(pyarrow, number, column.type) for number, column in enumerate(columns)]
        self._first: list[pyarrow.Array] | None = self._read()
        self.schema = pyarrow.schema(
            [(column.name, made.type) for column, made in zip(columns, self._first, strict=True)]
        )
        self._batch = pyarrow.RecordBatch.from_arrays

    def __iter__(self) -> Iterator[pyarrow.RecordBatch]:
        arrays, self._first = self._first, None
        while arrays is not None and len(arrays[0]):
            yield self._batch(arrays, schema=self.schema)
            arrays = self._read()

    def _read(self) -> list[pyarrow.Array]:
        for _ in range(_BLOCKS):
            block = self._stored(_BLOCK)
            if not block:
                break
            for column, values in zip(self._columns, zip(*block, strict=True), strict=True):
                column.add(values)
            if sum(column.size for column in self._columns) >= _FULL:
                break
        return [column.take() for column in self._columns]


class _Column:
    """Make one column's arrays: ``add`` takes stored values, ``take`` gives an array of all that were added.

    Values are first taken as ``base``, and ``whole`` turns an array of that into one of ``target``, or raises if
    the values are not all in the usual form; then each is converted as by ``fetchall``.
    """

    def __init__(
        self,
        library: Any,
        number: int,
        kind: RedshiftType,
        target: pyarrow.DataType,
        base: pyarrow.DataType | None = None,
        whole: Callable[[pyarrow.Array], pyarrow.Array] | None = None,
    ) -> None:
        self._library = library
        self._number = number
        self._kind = kind
        self._convert = converter(kind)
        self._target, self._base, self._whole = target, target if base is None else base, whole
        self._foreign = _foreign(library, self._base)
        self._wrong = (library.ArrowException, TypeError, ValueError, OverflowError)
        self._parts: list[pyarrow.Array] = []
        self._odd = False  # whether a part was converted value by value
        self.size = 0  # bytes of what was added

    def add(self, values: Sequence[Any]) -> None:
        try:
            if self._foreign is not None and self._foreign in map(type, values):
                raise TypeError("a value of another type")
            part = self._library.array(values, self._base)
        except self._wrong:
            part = self._each(values)
            self._odd = True
        self._parts.append(part)
        self.size += part.nbytes

    def take(self) -> pyarrow.Array:
        if self._odd:
            parts = [self._finished(part) for part in self._parts]
        else:
            parts = [self._finished(self._joined(self._parts, self._base))]
        self._parts, self._odd, self.size = [], False, 0
        return self._joined(parts, self._target)

    def _joined(self, parts: list[pyarrow.Array], kind: pyarrow.DataType) -> pyarrow.Array:
        return self._library.concat_arrays(parts) if parts else self._library.array([], kind)

    def _finished(self, part: pyarrow.Array) -> pyarrow.Array:
        if part.type == self._target:
            return part
        try:
            if self._whole is not None:
                return self._whole(part)
        except self._wrong:
            pass
        return self._each(part.to_pylist())

    def _each(self, values: Sequence[Any]) -> pyarrow.Array:
        """Convert value by value, and name the one that cannot be."""
        converted = []
        for value in values:
            try:
                converted.append(None if value is None else self._converted(value))
            except (*self._wrong, ArithmeticError) as error:
                raise not_of_its_type(self._number, value, error) from error
        try:
            return self._library.array(converted, self._target)
        except self._wrong:
            for value, made in zip(values, converted, strict=True):
                self._check(value, made)
            raise

    def _converted(self, value: Any) -> Any:
        made = value if self._convert is None else self._convert(value)
        if self._kind.name in ("TIMESTAMP", "TIME") and made.tzinfo is not None:
            raise ValueError("it has an offset")
        if type(made) is self._foreign:
            raise ValueError(f"it is of type {type(made).__name__}")
        if self._kind.name == "REAL" and type(made) is float:
            struct.pack("<f", made)  # pyarrow makes infinity of what is too large
        return made

    def _check(self, value: Any, made: Any) -> None:
        try:
            self._library.array([made], self._target)
        except self._wrong as error:
            # What pyarrow says of a decimal is about an array that nobody sees.
            reason = ValueError(f"it is beyond {self._kind}") if self._kind.name == "DECIMAL" else error
            raise not_of_its_type(self._number, value, reason) from error


class _Guessed(_Column):
    """Make a column whose type is that of the values in the first batch."""

    def __init__(self, library: Any, number: int, kind: RedshiftType) -> None:
        super().__init__(library, number, kind, library.null())
        self._values: list[Any] | None = []

    def add(self, values: Sequence[Any]) -> None:
        if self._values is None:
            super().add(values)
        else:
            self._values += values

    def take(self) -> pyarrow.Array:
        if self._values is None:
            return super().take()
        values, self._values = self._values, None
        try:
            if {str, bytes} <= set(map(type, values)):
                raise TypeError("text and bytes")
            found = self._library.array(values)
        except self._wrong as error:
            raise DataError(
                f"column {self._number + 1} holds values of several types: {error}",
                hint="Give the column a type with a CAST.",
            ) from error
        self._target = self._base = found.type
        self._foreign = _foreign(self._library, found.type)
        return found

    def _each(self, values: Sequence[Any]) -> pyarrow.Array:
        try:
            return super()._each(values)
        except DataError as error:
            error.hint = "The type was found in the first rows; give the column one with a CAST."
            raise


def _foreign(library: Any, kind: pyarrow.DataType) -> type | None:
    """Tell which values pyarrow would take for others: it cuts the fractions of floats, and knows no encodings."""
    types = library.types
    if types.is_integer(kind):
        return float
    if types.is_string(kind):
        return bytes
    return str if types.is_binary(kind) else None


def _column(library: Any, number: int, kind: RedshiftType) -> _Column:
    """Choose Arrow's type for one of Redshift's."""
    pa = library
    name = kind.name
    if name == "UNKNOWN":
        return _Guessed(library, number, kind)
    text, real, long = pa.string(), pa.float64(), pa.int64()
    stamp = pa.timestamp("us")
    if name == "DECIMAL":
        precision, scale = kind.precision or 18, kind.scale or 0
        return _Column(
            library, number, kind, pa.decimal128(precision, scale), real, _decimals(library, precision, scale)
        )
    if name in _LENGTHS:
        target = {"DATE": pa.date32(), "TIMESTAMP": stamp, "TIMESTAMPTZ": stamp}.get(name, pa.time64("us"))
        read = _times(library, _LENGTHS[name], target)
        if name != "TIMESTAMPTZ":
            return _Column(library, number, kind, target, text, read)
        zoned = pa.timestamp("us", tz="UTC")
        return _Column(library, number, kind, zoned, text, lambda array: read(array).cast(zoned))
    if name == DAY_TO_SECOND.name:
        span = pa.duration("us")
        return _Column(library, number, kind, span, long, lambda array: array.cast(span))
    if name == "BOOLEAN":
        return _Column(library, number, kind, pa.bool_(), long, lambda array: array.cast(pa.bool_()))
    if name == "REAL":
        return _Column(library, number, kind, pa.float32(), real, _singles(library))
    if kind.is_interval:
        return _Column(library, number, kind, text, long)
    plain = {
        "SMALLINT": pa.int16(),
        "INTEGER": pa.int32(),
        "BIGINT": long,
        "DOUBLE PRECISION": real,
        "VARBYTE": pa.binary(),
    }
    return _Column(library, number, kind, plain.get(name, text))


def _times(library: Any, length: int, target: pyarrow.DataType) -> Callable[[pyarrow.Array], pyarrow.Array]:
    import pyarrow.compute as compute

    def read(array: pyarrow.Array) -> pyarrow.Array:
        bounds = compute.min_max(compute.binary_length(array)).as_py()
        if bounds not in ({"min": length, "max": length}, {"min": None, "max": None}):
            raise ValueError("not all in the stored form")
        return array.cast(target)

    return read


def _singles(library: Any) -> Callable[[pyarrow.Array], pyarrow.Array]:
    import pyarrow.compute as compute

    def read(array: pyarrow.Array) -> pyarrow.Array:
        made = array.cast(library.float32())
        if compute.any(compute.xor(compute.is_inf(made), compute.is_inf(array))).as_py():
            raise OverflowError("a number beyond REAL")
        return made

    return read


def _decimals(library: Any, precision: int, scale: int) -> Callable[[pyarrow.Array], pyarrow.Array]:
    import pyarrow.compute as compute

    unit, limit = float(10**scale), float(10 ** min(15, precision))

    def read(array: pyarrow.Array) -> pyarrow.Array:
        digits = compute.round(compute.multiply(array, unit))
        bounds = compute.min_max(digits).as_py()
        # As in conversions: at most 15 digits that lead back to the stored float are the decimal that it stands for.
        if bounds["min"] is not None and (
            max(-bounds["min"], bounds["max"]) >= limit
            or not compute.all(compute.equal(compute.divide(digits, unit), array)).as_py()
        ):
            raise ValueError("not all have 15 digits and the type's scale")
        whole = digits.cast(library.int64()).cast(library.decimal128(19, 0))
        kind = library.decimal128(precision, scale)
        # The same 128-bit integers, read with a scale.
        return library.Array.from_buffers(kind, len(whole), whole.buffers(), offset=whole.offset)

    return read
