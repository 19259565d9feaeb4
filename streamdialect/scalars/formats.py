"""Format models of TO_CHAR, TO_DATE and TO_TIMESTAMP, and time zones."""

from __future__ import annotations

from streamdialect.scalars.base import Scalar

__all__ = ["SCALARS"]

SCALARS: tuple[Scalar, ...] = ()
