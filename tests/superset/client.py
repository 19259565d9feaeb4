"""A client of Superset's REST API, as a script of a user's would be: session cookie, JWT and CSRF token."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from http.cookiejar import CookieJar
from typing import Any
from urllib.error import HTTPError
from urllib.request import HTTPCookieProcessor, Request, build_opener

__all__ = ["Answer", "Client"]


@dataclass(frozen=True)
class Answer:
    """Be a response: its status, and its JSON if it is JSON."""

    status: int
    body: Any
    text: str

    @property
    def messages(self) -> str:
        """Give all that the response says of its failure, as one text."""
        return json.dumps(self.body) if self.body is not None else self.text


class Client:
    """Talk to one Superset process; a thread needs a client of its own."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._opener = build_opener(HTTPCookieProcessor(CookieJar()))
        self._headers: dict[str, str] = {"Referer": url}

    def login(self, username: str, password: str) -> Client:
        """Log in; every later request carries the JWT and the CSRF token."""
        tokens = self.post(
            "/api/v1/security/login",
            {"username": username, "password": password, "provider": "db", "refresh": True},
        )
        self._headers["Authorization"] = f"Bearer {tokens['access_token']}"
        self._headers["X-CSRFToken"] = self.get("/api/v1/security/csrf_token/")["result"]
        return self

    def send(self, method: str, path: str, body: Any = None, timeout: float = 120) -> Answer:
        """Send a request; give whatever is answered, failures too."""
        data = None if body is None else json.dumps(body).encode()
        headers: Mapping[str, str] = {**self._headers, "Content-Type": "application/json"}
        request = Request(f"{self.url}{path}", data, dict(headers), method=method)
        try:
            with self._opener.open(request, timeout=timeout) as response:
                status, raw = response.status, response.read()
        except HTTPError as error:
            with error:
                status, raw = error.code, error.read()
        text = raw.decode(errors="replace")
        try:
            return Answer(status, json.loads(text), text)
        except ValueError:
            return Answer(status, None, text)

    def get(self, path: str) -> Any:
        """Get JSON; an answer that is not 2xx fails the test."""
        return self._expect(self.send("GET", path), path)

    def post(self, path: str, body: Any = None) -> Any:
        """Post JSON; an answer that is not 2xx fails the test."""
        return self._expect(self.send("POST", path, {} if body is None else body), path)

    def put(self, path: str, body: Any) -> Any:
        """Put JSON; an answer that is not 2xx fails the test."""
        return self._expect(self.send("PUT", path, body), path)

    def _expect(self, answer: Answer, path: str) -> Any:
        assert 200 <= answer.status < 300, f"{path}: {answer.status} {answer.text[:2000]}"
        return answer.body
