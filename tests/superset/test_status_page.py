"""The page of ``streamdialect status --html``, in a browser: drawn whole, light and dark, without a network.

It is here because this environment has the browser; Superset itself has no part in it.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

import streamdialect
from tests.servers import MockKafka
from tests.superset.browser import chromium

pytestmark = [pytest.mark.slow, pytest.mark.superset]


def test_the_page_in_a_browser(database: Path, kafka_server: MockKafka, tmp_path: Path) -> None:
    kafka_server.topic("t", 1)
    kafka_server.produce("t", [b'{"a": 1}'] * 5_000)
    out = tmp_path / "status.html"
    with closing(streamdialect.connect(database, autocommit=True)) as connection:
        connection.execute(
            f"CREATE EXTERNAL SCHEMA s FROM KAFKA URI '{kafka_server.bootstrap}' AUTHENTICATION none"
        )
        connection.execute(
            'CREATE MATERIALIZED VIEW "<b>odd</b>" AUTO REFRESH YES AS SELECT kafka_offset FROM s.t'
        )
        connection.execute('REFRESH MATERIALIZED VIEW "<b>odd</b>"')
        time.sleep(11)  # a slot of the history
        kafka_server.produce("t", [b'{"a": 1}'] * 500)
        connection.execute('REFRESH MATERIALIZED VIEW "<b>odd</b>"')
        command = [sys.executable, "-c", "from streamdialect.cli import main; main()"]
        subprocess.run([*command, "status", str(database), "--html", str(out)], check=True, timeout=60)
    with chromium() as browser:
        driver = browser.driver
        driver.execute_cdp_cmd("Network.enable", {})
        backgrounds = []
        for scheme in ("light", "dark"):
            features = [{"name": "prefers-color-scheme", "value": scheme}]
            driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
            driver.get(out.as_uri())
            backgrounds.append(
                driver.execute_script("return getComputedStyle(document.body).backgroundColor")
            )
            assert driver.execute_script("return document.querySelectorAll('b').length") == 0
            assert [each.text for each in browser.all("h2")] == ["<b>odd</b>"]
            assert [each.text for each in browser.all("h3")] == [
                "Lag, records behind",
                "Throughput, records a second",
            ]
            # The lag is a flat line, which selenium takes for one that is not shown.
            lines = "[...document.querySelectorAll('svg .line')]"
            widths = f"return {lines}.map((line) => line.getBoundingClientRect().width)"
            assert [width > 5 for width in driver.execute_script(widths)] == [True, True]
            # Pointing at the last point of the throughput tells of it.
            figure = browser.all("figure.rate")[0]
            points = json.loads(figure.get_attribute("data-points"))
            from selenium.webdriver.common.action_chains import ActionChains

            chart = figure.find_element("css selector", "svg")
            ActionChains(driver).move_to_element_with_offset(chart, chart.size["width"] // 2 - 2, 0).perform()
            assert figure.find_element("css selector", "output").text.split() == " ".join(points[-1]).split()
            assert any(not value.startswith("0 ") for _, value in points)
            # All of it is in the window, and nothing was asked of a network or went wrong.
            assert driver.execute_script("return document.documentElement.scrollWidth <= innerWidth")
            assert driver.execute_script("return performance.getEntriesByType('resource').length") == 0
            assert driver.get_log("browser") == []
        assert backgrounds[0] != backgrounds[1]
