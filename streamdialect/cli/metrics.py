"""Prometheus metrics of a file's views, read from its system views when they are asked for."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from pathlib import Path

from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from streamdialect import Error, OperationalError
from streamdialect.cli.standing import look, standings

__all__ = ["ViewCollector", "serve"]


class ViewCollector(Collector):
    """Give what ``streamdialect status`` shows for each view and partition."""

    def __init__(self, database: Path) -> None:
        self._database = database

    def collect(self) -> Iterable[Metric]:
        """Read the system views by a connection of its own, as it is called in threads of the server's."""
        up = GaugeMetricFamily("streamdialect_up", "Whether the file could be read.")
        try:
            found = list(self._read())
        except Error:
            up.add_metric([], 0)
            return [up]
        up.add_metric([], 1)
        return [up, *found]

    def _read(self) -> Iterator[Metric]:
        connection = look(self._database)
        try:
            views = [view for view in standings(connection) if view.streaming]
        finally:
            connection.close()
        healthy = GaugeMetricFamily(
            "streamdialect_view_ok",
            "1 if the view has no problem, see streamdialect status.",
            labels=["view"],
        )
        alive = GaugeMetricFamily(
            "streamdialect_view_consumed", "1 if a process consumes the view.", labels=["view"]
        )
        fresh = GaugeMetricFamily(
            "streamdialect_view_freshness_seconds", "Age of what the view has of its stream.", labels=["view"]
        )
        bad = GaugeMetricFamily(
            "streamdialect_bad_records", "Rows of streamdialect_bad_records.", labels=["view", "outcome"]
        )
        by_partition = {
            "records_behind": GaugeMetricFamily(
                "streamdialect_records_behind", "Records behind the head.", labels=["view", "partition"]
            ),
            "milliseconds_behind": GaugeMetricFamily(
                "streamdialect_seconds_behind", "Seconds behind the head.", labels=["view", "partition"]
            ),
            "records_per_second": GaugeMetricFamily(
                "streamdialect_records_per_second",
                "Records read a second, over the last 20 to 30 seconds.",
                labels=["view", "partition"],
            ),
            "bytes_per_second": GaugeMetricFamily(
                "streamdialect_bytes_per_second",
                "Bytes of payloads read a second, over the last 20 to 30 seconds.",
                labels=["view", "partition"],
            ),
        }
        for view in views:
            healthy.add_metric([view.name], view.problem is None)
            if view.alive is not None:
                alive.add_metric([view.name], view.alive)
            if view.freshness is not None:
                fresh.add_metric([view.name], view.freshness)
            for outcome, count in view.bad_records.items():
                bad.add_metric([view.name, outcome], count)
            for each in view.partitions:
                for name, family in by_partition.items():
                    if each[name] is not None:
                        scale = 1000 if name == "milliseconds_behind" else 1
                        family.add_metric([view.name, each["partition_id"]], each[name] / scale)
        yield from (healthy, alive, fresh, bad, *by_partition.values())


@contextlib.contextmanager
def serve(database: Path, address: str, port: int) -> Iterator[str]:
    """Serve the metrics in a thread; give their URL. Raise OperationalError if the port cannot be listened on."""
    registry = CollectorRegistry()
    registry.register(ViewCollector(database))
    try:
        server, thread = start_http_server(port, address, registry)
    except OSError as error:
        raise OperationalError(
            f"cannot serve metrics on {address}:{port}: {error.strerror}",
            hint="Choose another --metrics PORT.",
        ) from error
    try:
        host = f"[{address}]" if ":" in address else address
        yield f"http://{host}:{server.server_port}/metrics"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
