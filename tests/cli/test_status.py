"""``status``, ``run`` with metrics, and the page: what they say of a view is what is so."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime, timedelta, timezone
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

import streamdialect
from streamdialect.cli import standing
from streamdialect.cli.board import duration, quantity, sparkline
from streamdialect.cli.consume import _Journal
from streamdialect.cli.page import page
from streamdialect.cli.standing import Slot, Standing
from tests.cli.conftest import COMMAND, CommandLine
from tests.servers import MockKafka


@pytest.fixture
def views(database: Path, kafka_server: MockKafka) -> Path:
    """Give a file with a view that consumes, one that waits for REFRESH, and one that reads no stream."""
    kafka_server.topic("t", 2)
    with closing(streamdialect.connect(database, autocommit=True, ingest="off")) as connection:
        connection.execute(
            f"CREATE EXTERNAL SCHEMA s FROM KAFKA URI '{kafka_server.bootstrap}' AUTHENTICATION none"
        )
        connection.execute(
            "CREATE MATERIALIZED VIEW v AUTO REFRESH YES AS SELECT JSON_PARSE(kafka_value) AS a FROM s.t"
        )
        connection.execute("CREATE MATERIALIZED VIEW w AS SELECT kafka_offset FROM s.t")
        connection.execute("CREATE MATERIALIZED VIEW x AS SELECT COUNT(*) AS n FROM v")
    return database


def eventually(found: Callable[[], Any], seconds: float = 30) -> Any:
    deadline = time.monotonic() + seconds
    while not (value := found()):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    return value


@contextmanager
def running(*arguments: object) -> Iterator[subprocess.Popen[str]]:
    command = [*COMMAND, "run", *map(str, arguments)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        try:
            yield process
        finally:
            process.send_signal(signal.SIGTERM)


def test_a_file_that_nobody_consumes(streamdialect_: CommandLine, views: Path) -> None:
    done = streamdialect_("status", views)
    assert done.code == 1
    lines = [line.split() for line in done.out.splitlines()]
    assert lines[0][:3] == ["view", "state", "behind"]
    assert [line[:2] for line in lines[1:4]] == [["v", "idle"], ["w", "manual"], ["x", "manual"]]
    assert "v: nobody consumes it: streamdialect run FILE" in done.out


def test_a_file_without_views(streamdialect_: CommandLine, database: Path) -> None:
    assert streamdialect_("sql", database, "--create", "-c", "CREATE TABLE t (a INT)").code == 0
    done = streamdialect_("status", database)
    assert (done.code, done.out) == (0, f"{database} has no materialized views\n")
    assert json.loads(streamdialect_("status", database, "--format", "json").out)["views"] == []


def test_run_tells_what_happens(streamdialect_: CommandLine, views: Path, kafka_server: MockKafka) -> None:
    """The log, the metrics and the status of a consumer, while it consumes and after."""
    pytest.importorskip("prometheus_client")
    kafka_server.produce("t", [b'{"a": 1}'] * 500 + [b"bad"] * 3)
    with running(views, "--metrics", 0, "--every", 0.1) as process:
        assert process.stdout is not None
        assert "consuming 1 views" in process.stdout.readline()
        url = process.stdout.readline().removeprefix("metrics at ").strip()
        assert url.startswith("http://127.0.0.1:")
        log = [process.stdout.readline() for _ in range(2)]
        while not any("view=v state=caught_up" in line for line in log):
            log.append(process.stdout.readline())
            assert log[-1], log
        assert all(re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ view=[vw] ", line) for line in log)

        def metrics() -> dict[str, float]:
            with urllib.request.urlopen(url, timeout=10) as answer:
                text = answer.read().decode()
            pairs = [line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#")]
            return {name: float(value) for name, value in pairs}

        # A partition is known once something has been committed of it, which is not at once for both.
        behind = [f'streamdialect_records_behind{{partition="{number}",view="v"}}' for number in range(2)]
        found = eventually(lambda: (m := metrics()) and [m.get(name) for name in behind] == [0, 0] and m)
        assert found["streamdialect_up"] == 1
        assert found['streamdialect_view_ok{view="v"}'] == found['streamdialect_view_consumed{view="v"}'] == 1
        assert found['streamdialect_view_consumed{view="w"}'] == 0
        assert found['streamdialect_bad_records{outcome="set aside",view="v"}'] == 3
        assert found['streamdialect_records_per_second{partition="0",view="v"}'] > 0

        done = streamdialect_("status", views, "--format", "json")
        assert done.code == 0
        v, w, x = json.loads(done.out)["views"]
        assert (v["state"], v["problem"], v["records_behind"]) == ("ok", None, 0)
        assert v["consumer"] == {"process_id": process.pid, "is_alive": True}
        assert v["bad_records"] == {"set aside": 3}
        assert v["freshness_seconds"] == 0.0
        assert v["records_per_second"] > 0
        assert {each["partition_id"]: each["position"] for each in v["partitions"]} == {"0": "503", "1": "0"}
        assert (w["partitions"], w["records_behind"], x["streaming"]) == ([], None, False)
        assert re.search(r"^v +ok +0 .*live .* 3 +\d+ *$", streamdialect_("status", views).out, re.M)

        with closing(streamdialect.connect(views, autocommit=True, ingest="off")) as connection:
            connection.execute("ALTER MATERIALIZED VIEW v AUTO REFRESH NO")
            connection.execute("DROP MATERIALIZED VIEW w")
        seen = ""
        while "view=w dropped" not in seen or "view=v state=manual before=caught_up" not in seen:
            seen += process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        assert process.stdout.read().endswith("stopped\n")
        assert process.wait(20) == 0


def test_a_state_that_is_not_ok_is_told(
    streamdialect_: CommandLine, views: Path, kafka_server: MockKafka
) -> None:
    with closing(streamdialect.connect(views, autocommit=True, ingest="off")) as connection:
        connection.execute("ALTER MATERIALIZED VIEW v SET (on_error = 'stop')")
    kafka_server.produce("t", [b"payload"])
    with running(views) as process:
        assert process.stdout is not None
        line = ""
        while 'view=v state="' not in line:
            line = process.stdout.readline()
            assert line, "the log ended"
        assert re.search(
            r'state="stopped at partition \d, position 0, column \\"a\\": see svv_mv_info"', line
        )
        done = streamdialect_("status", views)
        assert done.code == 1
        assert re.search(r"^v +stopped ", done.out, re.M)
        assert json.loads(streamdialect_("status", views, "--format", "json").out)["views"][0]["problem"]


def test_any_name_is_one_field_of_one_line() -> None:
    view = Standing(
        'a "b"\nview=c state=ok', True, True, "x\ny", None, False, 1, 1, 1.0, 1.0, None, None, None
    )
    (line,) = _Journal(30).changes([view])
    assert line == 'view="a \\"b\\" view=c state=ok" state="x y"'


def test_a_port_that_is_taken(streamdialect_: CommandLine, views: Path) -> None:
    pytest.importorskip("prometheus_client")
    import socket

    with socket.create_server(("127.0.0.1", 0)) as taken:
        command = [*COMMAND, "run", str(views), "--metrics", str(taken.getsockname()[1])]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert "OperationalError: cannot serve metrics on 127.0.0.1:" in done.stderr


def test_watch_until_ctrl_c(views: Path) -> None:
    command = [*COMMAND, "status", str(views), "--watch", "--interval", "0.1", "--format", "json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        for _ in range(3):
            assert len(json.loads(process.stdout.readline())["views"]) == 3
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0
        assert process.stderr.read() == ""


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
def test_a_board_in_a_terminal(views: Path) -> None:
    import os
    import pty

    process, terminal = pty.fork()
    if process == 0:
        os.environ.update(TERM="xterm", COLUMNS="140")
        os.execv(COMMAND[0], [*COMMAND, "status", str(views), "--watch", "--interval", "0.1"])
    seen = b""
    while seen.count(b"nobody consumes it") < 3:  # drawn again and again
        seen += os.read(terminal, 65_536)
    os.write(terminal, b"\x03")
    assert os.waitpid(process, 0)[1] == 0
    os.close(terminal)


# --- how numbers are drawn, and what they are made of ----------------------------------------------


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0"),
        (0.25, "0.2"),
        (7, "7"),
        (999, "999"),
        (999.7, "1.00k"),
        (12_345, "12.3k"),
        (1e6, "1.00M"),
        (2.5e8, "250M"),
    ],
)
def test_quantities(number: float, text: str) -> None:
    assert quantity(number) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (0.35, "350 ms"),
        (4.2, "4.2 s"),
        (59, "59 s"),
        (200, "3.3 min"),
        (7200, "2.0 h"),
        (2e5, "2 d"),
    ],
)
def test_durations(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_sparklines() -> None:
    assert sparkline([0, 0.001, 4, 8]) == " ▁▄█"
    assert sparkline([0, 0]) == "  "
    assert sparkline([]) == ""


def test_freshness_is_that_of_the_worst_partition() -> None:
    now = datetime.now(timezone.utc).replace(tzinfo=None)

    def partition(behind: int | None, late: int | None, record: float, updated: float) -> dict[str, Any]:
        return {
            "records_behind": behind,
            "milliseconds_behind": late,
            "record_time": now - timedelta(seconds=record),
            "updated_at": now - timedelta(seconds=updated),
        }

    def fresh(*partitions: dict[str, Any], following: bool = True) -> float | None:
        return standing._freshness(list(partitions), following=following)

    head, late, unknown = partition(0, 0, 900, 600), partition(7, 2_000, 5, 3), partition(7, None, 60, 50)
    assert fresh() is None
    assert fresh(head) == 0
    assert fresh(head, following=False) == pytest.approx(600, abs=2)
    assert fresh(head, late) == pytest.approx(5, abs=2)
    assert fresh(head, late, unknown) == pytest.approx(60, abs=2)


def test_history_has_no_gaps() -> None:
    rows: dict[int, list[tuple[Any, ...]]] = {
        11: [("0", 5.0, 50.0, 3, None), ("1", 1.0, 10.0, 4, 900)],
        13: [("0", 2.0, 20.0, 0, 0)],
    }
    assert standing._filled(rows, 10, 14) == [
        Slot(100, 0, 0, None, None),
        Slot(110, 6.0, 60.0, 7, None),
        Slot(120, 0, 0, 7, None),
        Slot(130, 2.0, 20.0, 4, 900),
    ]


class Page(HTMLParser):
    """Read what a page refers to, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.refers: list[str] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.refers += [
            value or "" for name, value in attributes if name in ("src", "href", "srcset", "action")
        ]
        assert tag not in ("link", "img", "iframe", "object", "base")

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_page_is_whole(streamdialect_: CommandLine, views: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.html"
    done = streamdialect_("status", views, "--html", out)
    assert (done.code, done.out) == (0, f"{out} written\n")
    read = Page(out.read_text(encoding="utf-8"))
    assert read.refers == []
    assert "://" not in out.read_text(encoding="utf-8")
    assert "nobody consumes it" in read.text
    assert streamdialect_("status", views, "--html", out, "--watch").code == 2
    done = streamdialect_("status", views, "--html", tmp_path / "nowhere" / "out.html")
    assert done.code == 1
    assert "No such file or directory" in done.err


def test_the_page_never_replaces_the_database(
    streamdialect_: CommandLine, views: Path, tmp_path: Path
) -> None:
    (tmp_path / "link.html").symlink_to(views)
    for out in (views, tmp_path / "link.html"):
        done = streamdialect_("status", views, "--html", out)
        assert done.code == 2
        assert "is the database itself" in done.err
    assert views.read_bytes().startswith(b"SQLite format 3")


def test_names_on_the_page_are_text() -> None:
    evil = '<script>alert("1")</script>'
    view = Standing(evil, True, True, f"{evil}&", None, False, 1, 1, 1.0, 1.0, None, None, None)
    text = page(evil, [view], {evil: [Slot(n * 10, float(n), 0.0, n or None, None) for n in range(40)]})
    assert evil not in text
    assert text.count("<script>") == 1
    assert Page(text).text.count(f"{evil}&") == 1
