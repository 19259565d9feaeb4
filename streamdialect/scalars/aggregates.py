"""Aggregates that SQLite lacks, as running states."""

from __future__ import annotations

from streamdialect.scalars.base import Aggregate

__all__ = ["AGGREGATES"]

AGGREGATES: tuple[Aggregate, ...] = ()
