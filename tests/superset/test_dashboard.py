"""The tutorial, its dashboard in Chromium, and the pictures of the tutorial."""

from __future__ import annotations

import io
import os
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from urllib.request import urlopen

import pytest

from tests.servers.process import free_ports, running
from tests.superset.browser import Browser, chromium
from tests.superset.client import Client
from tests.superset.conftest import World
from tests.superset.stream import eventually
from tests.test_docs import TOP, blocks, commands

pytestmark = [pytest.mark.superset, pytest.mark.timeout(900)]

PAGE = TOP / "docs" / "tutorial" / "superset.md"
CONSTRAINTS = Path(__file__).with_name("constraints.txt")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.fixture(scope="session")
def screenshots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the folder for screenshots: tox's, or pytest's."""
    folder = Path(os.environ.get("TOX_ENV_DIR") or tmp_path_factory.getbasetemp(), "screenshots")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def pictures(request: pytest.FixtureRequest, screenshots: Path) -> Path:
    """Give the folder for the tutorial's pictures: that of the option, or that of all screenshots."""
    option = request.config.getoption("--superset-screenshots", default=None)
    return Path(option) if option else screenshots


def run_code(site: str, database: Path, password: str) -> str:
    """Run the page's Python against a site; give the address of the dashboard that it prints."""
    text = "\n".join(block.text for block in blocks(PAGE) if block.language == "python")
    for old, new in (
        ('"http://127.0.0.1:8088"', repr(site)),
        ('Path("sensors.db").absolute()', f"Path({str(database)!r})"),
        ('"password": "admin"', f'"password": {password!r}'),
    ):
        assert text.count(old) == 1
        text = text.replace(old, new)
    with redirect_stdout(io.StringIO()) as printed:
        exec(compile(text, str(PAGE), "exec"), {"__name__": "__main__"})
    return printed.getvalue().strip()


def check_dashboard(browser: Browser, address: str) -> None:
    """Open the dashboard; all three charts are drawn, and nothing complains."""
    browser.open_dashboard(address, charts=3)
    assert browser.errors() == []
    assert {each.get_attribute("data-test-viz-type") for each in browser.all("[data-test-viz-type]")} == {
        "big_number_total",
        "echarts_timeseries_line",
        "pie",
    }
    eventually(
        lambda: all(
            browser.all(f"[data-test-viz-type={kind}] {element}")
            for kind, element in (
                ("big_number_total", ".header-line"),
                ("echarts_timeseries_line", "canvas, svg"),
                ("pie", "canvas, svg"),
            )
        ),
        "each chart has its drawing",
    )
    time.sleep(2)  # ECharts moves its lines into place
    assert browser.errors() == []


def count_shown(browser: Browser) -> str:
    return str(browser.wait("[data-test-viz-type=big_number_total] .header-line").text)


def test_the_dashboard(world: World, clients: Sequence[Client], browser: Browser, screenshots: Path) -> None:
    """On the stream that ``streamdialect run`` ingests; it refreshes itself, and its count grows."""
    site = world.site
    address = run_code(site.urls[1], world.database, site.password)
    browser.login(site.urls[1], site.username, site.password)
    check_dashboard(browser, address)
    browser.driver.save_screenshot(str(screenshots / "dashboard-on-kinesis.png"))
    before = count_shown(browser)
    eventually(lambda: count_shown(browser) != before, "the dashboard shows new readings by itself")
    assert browser.errors() == []


@contextmanager
def session(folder: Path, port: int) -> Iterator[None]:
    """Run the page's commands in one shell, as a reader does, up to Superset's answer."""
    script = ["set -e"]
    for block in blocks(PAGE):
        if block.language == "console":
            for command, _, _ in commands(block.text):
                if "pip install" not in command and ".venv" not in command:  # this is that environment
                    script.append(command.replace("8088", str(port)))
    script.append("wait")
    environment = {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": "",
        "PYTHONWARNINGS": "ignore",
    }

    def ready() -> bool:
        try:
            with urlopen(f"http://127.0.0.1:{port}/health", timeout=5) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    shell = ["bash", "-c", "\n".join(script)]
    with running(shell, folder / "session.log", ready, cwd=folder, env=environment, timeout=600):
        yield


def test_the_tutorial(tmp_path: Path, browser: Browser, pictures: Path) -> None:
    """Command by command, then its Python, then its pages as its pictures show them."""
    (port,) = free_ports(1)
    url = f"http://127.0.0.1:{port}"
    with session(tmp_path, port):
        address = run_code(url, tmp_path / "sensors.db", "admin")
        browser.login(url, "admin", "admin")
        check_dashboard(browser, address)
        browser.save(pictures / "superset-dashboard.png")
        sql_lab(browser, url)
        browser.save(pictures / "superset-sql-lab.png")
        connect(browser, url, tmp_path / "sensors.db", pictures / "superset-connect.png")


def sql_lab(browser: Browser, url: str) -> None:
    """Run a query into SUPER in SQL Lab."""
    from urllib.parse import quote

    sql = (
        "SELECT approximate_arrival_timestamp AS arrival,\n"
        "       payload.sensor_id::INTEGER AS sensor_id,\n"
        "       payload.status::VARCHAR(8) AS status,\n"
        "       payload.current_temperature::DECIMAL(10,2) AS temperature\n"
        "FROM sensor_data ORDER BY 1 DESC LIMIT 100"
    )
    browser.driver.get(f"{url}/sqllab/?dbid=1&schema=public&sql={quote(sql)}&autorun=true")
    browser.wait(".ant-table, [data-test=table-container], [role=grid]", "", 90)
    eventually(lambda: "temperature" in browser.driver.page_source, "the result is shown")
    browser.wait("[role=treeitem]", "public").click()
    browser.wait("[role=treeitem]", "sensor_data_extract")
    time.sleep(3)
    assert browser.errors() == []


def connect(browser: Browser, url: str, database: Path, picture: Path) -> None:
    """Fill in the dialog that connects a database, save its picture, and test the connection with its button."""
    from selenium.webdriver import Keys

    browser.driver.set_window_size(1280, 1000)  # the whole dialog
    browser.driver.get(f"{url}/databaseview/list/")
    browser.wait("[data-test=btn-create-database]").click()
    choice = browser.wait(".available input, [data-test=database-modal] .ant-select input")
    choice.send_keys("streamdialect")
    browser.wait(".ant-select-item-option", "streamdialect")
    choice.send_keys(Keys.ENTER)
    uri = browser.wait("[data-test=sqlalchemy-uri-input]")
    uri.clear()
    uri.send_keys("streamdialect:////home/ada/sensors.db")  # the picture shows no path of this machine
    time.sleep(1)
    browser.save(picture)
    uri.send_keys(Keys.CONTROL, "a")  # the page gives back what clear() takes away
    uri.send_keys(f"streamdialect:///{database}")
    browser.wait("button", "Test connection").click()
    browser.wait("[role=alert], .toast", "looks good")
    assert browser.errors() == []


def test_the_tutorials_constraints_are_the_tested_ones() -> None:
    (shown,) = (block.text for block in blocks(PAGE) if block.language == "text")
    lines = CONSTRAINTS.read_text(encoding="utf-8").splitlines()
    assert shown.splitlines() == [line for line in lines if line and not line.startswith("#")]


def test_the_tutorials_pictures_are_there_and_small() -> None:
    found = sorted(PAGE.parent.glob("superset-*.png"))
    assert [each.name for each in found] == [
        "superset-connect.png",
        "superset-dashboard.png",
        "superset-sql-lab.png",
    ]
    assert all(f"({each.name})" in PAGE.read_text(encoding="utf-8") for each in found)
    assert sum(each.stat().st_size for each in found) < 400_000
