"""Consumers: from stream sources into materialized views, one transaction at a time."""
