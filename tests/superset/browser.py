"""Chromium, as a user of Superset sees it: Debian's packages ``chromium`` and ``chromium-driver``, headless."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.superset.stream import eventually

__all__ = ["Browser", "chromium"]

SIZE = (1280, 800)


@contextmanager
def chromium() -> Iterator[Browser]:
    """Run a browser with a profile of its own."""
    from selenium.webdriver import Chrome, ChromeOptions
    from selenium.webdriver.chrome.service import Service

    options = ChromeOptions()
    options.binary_location = "/usr/bin/chromium"
    for argument in (
        "--headless=new",
        "--no-sandbox",  # root in a container has no user namespaces
        "--disable-dev-shm-usage",
        "--disable-gpu",
        "--hide-scrollbars",
        "--lang=en-US",
        f"--window-size={SIZE[0]},{SIZE[1]}",
    ):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = Chrome(options=options, service=Service("/usr/bin/chromedriver"))
    try:
        driver.set_page_load_timeout(120)
        yield Browser(driver)
    finally:
        driver.quit()


class Browser:
    """Be a browser window."""

    def __init__(self, driver: Any) -> None:
        self.driver = driver

    def all(self, selector: str) -> list[Any]:
        """Find the elements that are shown."""
        from selenium.common.exceptions import StaleElementReferenceException

        try:
            return [
                each for each in self.driver.find_elements("css selector", selector) if each.is_displayed()
            ]
        except StaleElementReferenceException:  # drawn anew meanwhile
            return []

    def wait(self, selector: str, text: str = "", seconds: float = 90) -> Any:
        """Wait for an element, which contains a text; give it."""
        found: list[Any] = []

        def there() -> bool:
            found[:] = [each for each in self.all(selector) if text in (each.text or "")]
            return bool(found)

        eventually(there, f"{selector} {text!r} on {self.driver.current_url}", seconds)
        return found[0]

    def login(self, url: str, username: str, password: str) -> None:
        """Log in through the form."""
        self.driver.get(f"{url}/login/")
        self.wait("input#username, input[name=username]").send_keys(username)
        self.wait("input#password, input[name=password]").send_keys(password)
        self.wait("button[type=submit], input[type=submit]").click()
        eventually(lambda: "/login" not in self.driver.current_url, "logged in", 120)

    def open_dashboard(self, url: str, charts: int) -> None:
        """Open a dashboard, and wait until each of its charts has been drawn."""
        self.driver.get(url)

        def drawn() -> bool:
            holders = self.all("[data-test-viz-type]")
            return len(holders) == charts and not self.all(".loading, [data-test=loading-indicator]")

        eventually(drawn, f"{charts} charts are drawn", 120)

    def errors(self) -> list[str]:
        """List what the page complains about: toasts, and charts with an error in their place."""
        return [each.text for each in self.all(".toast--danger, .ant-alert-error, [data-test=error-alert]")]

    def save(self, path: Path) -> None:
        """Save a screenshot, small: a page of plain colours needs no more than 128 of them."""
        from PIL import Image

        with Image.open(io.BytesIO(self.driver.get_screenshot_as_png())) as image:
            small = image.convert("RGB").resize((1024, round(1024 * image.height / image.width)))
            small.quantize(128).save(path, optimize=True)
