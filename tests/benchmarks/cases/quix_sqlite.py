"""Quix Streams: its JSON topic and a batching sink that writes into SQLite."""

from __future__ import annotations

import sqlite3

from quixstreams import Application
from quixstreams.models import TopicAdmin, TopicConfig, TopicManager
from quixstreams.sinks import BatchingSink, SinkBatch

from tests.benchmarks.meter import FOUR_COLUMNS, Meter, Task, totals


class Sink(BatchingSink):
    """Insert what a checkpoint has gathered."""

    def __init__(self, path: str) -> None:
        super().__init__()
        self._path = path

    def setup(self) -> None:
        """Make the table."""
        self._database = sqlite3.connect(self._path)
        self._database.execute("PRAGMA journal_mode = WAL")
        self._database.execute("PRAGMA synchronous = NORMAL")
        self._database.execute(FOUR_COLUMNS)

    def write(self, batch: SinkBatch) -> None:
        """Insert rows in one transaction."""
        rows = [
            (
                item.value["sensor_id"],
                item.value["current_temperature"],
                item.value["status"],
                item.value["event_time"],
            )
            for item in batch
        ]
        self._database.executemany("INSERT INTO t VALUES (?, ?, ?, ?)", rows)
        self._database.commit()


class Admin(TopicAdmin):
    """Look topics up without DescribeConfigs, which librdkafka's mock cluster does not answer."""

    def inspect_topics(self, topic_names: list[str], timeout: float = 30) -> dict[str, TopicConfig | None]:
        """Describe topics by what the metadata say."""
        found = self.list_topics(timeout)
        return {
            name: TopicConfig(num_partitions=len(found[name].partitions), replication_factor=1)
            for name in topic_names
        }


def main() -> None:
    task = Task.read()
    meter = Meter()
    application = Application(
        broker_address=task.bootstrap,
        consumer_group=f"{task.topic}-{task.database.replace('/', '-')}",
        auto_offset_reset="earliest",
        auto_create_topics=False,
        use_changelog_topics=False,
        commit_every=10_000,
        loglevel="WARNING",
        state_dir=f"{task.database}-state",
        topic_manager=TopicManager(Admin(task.bootstrap), "readings"),
        consumer_extra_config={"fetch.queue.backoff.ms": 5, "queued.min.messages": 1_000_000},
    )
    stream = application.dataframe(application.topic(task.topic, value_deserializer="json"))
    stream.sink(Sink(task.database))
    application.run(count=task.records)
    meter.stop()
    meter.report(**totals(sqlite3.connect(task.database)))


if __name__ == "__main__":
    main()
