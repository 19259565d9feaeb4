"""Every row of docs/reference/compatibility.md holds, in both profiles.

A row's last cell has examples, each run on a copy of the database that the page's own block makes:

``statements``                       succeed; ``;`` separates them
``statements`` → `rows`              the last one's rows: values joined by ``, ``, rows by `` / ``
``statements`` → notice `text`       the last one leaves a notice with the text
``statements`` → error `Class: text` the last one raises the class, with the text in its message
... ; by default → ...               the profile without compat=redshift answers something else

A row without an example says in a link where it is shown.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from markdown_it import MarkdownIt

import streamdialect
from tests.servers import MockKafka
from tests.test_docs import TOP, blocks, statements

PAGE = TOP / "docs" / "reference" / "compatibility.md"
ROWS = 98  # of section 8 of what is known of Redshift
VERDICTS = {"same", "narrower", "wider", "different", "refused"}
MOST_WITHOUT_EXAMPLE = 12  # to raise it is a decision


@dataclass(frozen=True)
class Outcome:
    """Be what the last statement of an example does: succeed, give rows, leave a notice or fail."""

    kind: str  # "", "rows", "notice" or "error"
    text: str = ""


@dataclass(frozen=True)
class Example:
    """Be statements and what comes of them in each profile."""

    script: str
    redshift: Outcome
    default: Outcome


@dataclass(frozen=True)
class Row:
    """Be a row of the table."""

    number: int
    verdict: str
    examples: tuple[Example, ...]
    links: int


def outcome(arrow: str, text: str) -> Outcome:
    word = arrow.rpartition("→")[2].strip()
    assert word in ("", "notice", "error"), arrow
    return Outcome(word or "rows", text)


def examples(cell: Any) -> Iterator[Example]:
    """Read a cell: code spans, and between them the words that relate them."""
    script: str | None = None
    redshift, default, between = Outcome(""), None, ""
    for token in cell.children:
        if token.type != "code_inline":
            between += token.content
            continue
        if script is not None and "by default →" in between:
            default = outcome(between, token.content)
        elif script is not None and "→" in between:
            redshift = outcome(between, token.content)
        else:
            if script is not None:
                yield Example(script, redshift, default or redshift)
            script, redshift, default = token.content, Outcome(""), None
        between = ""
    if script is not None:
        yield Example(script, redshift, default or redshift)


def rows() -> list[Row]:
    found: list[Row] = []
    cells: list[Any] = []
    for token in MarkdownIt().enable("table").parse(PAGE.read_text(encoding="utf-8")):
        if token.type == "tr_open":
            cells = []
        elif token.type == "inline":
            cells.append(token)
        elif token.type == "tr_close" and len(cells) == 4 and cells[0].content.isdigit():
            number, _, here, shown = cells
            verdict = re.split(r"\W", here.content.strip("*"))[0]
            links = sum(child.type == "link_open" for child in (*here.children, *shown.children))
            found.append(Row(int(number.content), verdict, tuple(examples(shown)), links))
    return found


def shown(value: Any) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, bytes):
        return value.hex()
    return str(value).lower() if isinstance(value, bool) else str(value)


def outcome_of(connection: streamdialect.Connection, script: str, kind: str) -> Outcome:
    """Run an example and tell what came of it, in the terms of ``kind``."""
    *before, last = statements(script)
    try:
        for statement in before:
            connection.execute(statement)
    except streamdialect.Error as error:
        return Outcome("error before the last statement", f"{type(error).__name__}: {error}")
    connection.notices.clear()
    try:
        cursor = connection.execute(last)
        found = cursor.fetchall() if cursor.description else []
    except streamdialect.Error as error:
        return Outcome("error", f"{type(error).__name__}: {error}")
    if kind == "notice":
        return Outcome("notice", " / ".join(str(notice) for notice in connection.notices))
    if kind == "rows":
        return Outcome("rows", " / ".join(", ".join(map(shown, row)) for row in found))
    return Outcome("")


def agrees(expected: Outcome, found: Outcome) -> bool:
    if expected.kind != found.kind:
        return False
    if expected.kind == "error":
        return f"{found.text}:".startswith(f"{expected.text.partition(':')[0]}:") and (
            expected.text.partition(": ")[2] in found.text
        )
    return expected.text in found.text if expected.kind == "notice" else expected.text == found.text


def fill(kafka: MockKafka, topic: str, records: Iterable[bytes]) -> None:
    """Put records into a new topic, with a key, a header and a time."""
    kafka.topic(topic)
    producer = kafka.producer()
    for record in records:
        producer.produce(topic, record, b"key", headers=[("trace", b"7")], timestamp=1_700_000_000_000)
    assert producer.flush(10) == 0


def options(compat: str | None, kafka: MockKafka) -> dict[str, Any]:
    return {"kafka": {"bootstrap.servers": kafka.bootstrap}, **({"compat": compat} if compat else {})}


@pytest.mark.parametrize("compat", ["redshift", None])
def test_the_examples_of_the_table_hold(
    compat: str | None, tmp_path: Path, kinesis_endpoint: str, kafka_server: MockKafka
) -> None:
    template = tmp_path / "template.db"
    connection = streamdialect.connect(template, **options(compat, kafka_server))
    for block in blocks(PAGE):
        if block.language == "setup":
            names: dict[str, Any] = {}
            exec(block.text, names)
            for topic in ("orders", "bad"):
                fill(kafka_server, topic, names["STREAMS"][topic])
        elif block.language == "sql":
            for statement in statements(block.text):
                connection.execute(statement)
    connection.commit()
    connection.close()
    wrong = []
    for row in rows():
        for number, example in enumerate(row.examples):
            expected = example.redshift if compat else example.default
            path = tmp_path / f"{row.number}-{number}.db"
            shutil.copy(template, path)
            connection = streamdialect.connect(path, **options(compat, kafka_server))
            try:
                found = outcome_of(connection, example.script, expected.kind)
            finally:
                connection.close()
            if not agrees(expected, found):
                wrong.append(f"{row.number}: {example.script}\n    says {expected}\n    gave {found}")
    assert not wrong, "\n".join(wrong)


def test_the_table_is_whole() -> None:
    table = rows()
    assert [row.number for row in table] == list(range(1, ROWS + 1))
    assert {row.verdict for row in table} <= VERDICTS
    without = [row for row in table if not row.examples]
    assert [row.number for row in without if not row.links] == []
    assert len(without) <= MOST_WITHOUT_EXAMPLE
    for row in table:
        if row.verdict == "refused":  # a refusal that nobody sees is a claim
            assert any(example.redshift.kind == "error" for example in row.examples), row.number


def test_an_example_that_does_not_hold_is_noticed() -> None:
    cell = MarkdownIt().parseInline(
        "`SELECT 1` → `1`; by default → error `DataError: x`<br>`SELECT 2`<br>`A` → notice `n`"
    )[0]
    assert list(examples(cell)) == [
        Example("SELECT 1", Outcome("rows", "1"), Outcome("error", "DataError: x")),
        Example("SELECT 2", Outcome(""), Outcome("")),
        Example("A", Outcome("notice", "n"), Outcome("notice", "n")),
    ]
    assert agrees(Outcome("error", "DataError: x"), Outcome("error", "DataError: some x"))
    assert not agrees(Outcome("error", "DataError: x"), Outcome("error", "DataErrors: some x"))
    assert not agrees(Outcome("error", "DataError"), Outcome("rows", "1"))
    assert not agrees(Outcome("rows", "1"), Outcome("rows", "11"))
    assert not agrees(Outcome(""), Outcome("error", "DataError: x"))
    assert [shown(value) for value in (None, True, b"\x01", Decimal("1.50"))] == [
        "NULL",
        "true",
        "01",
        "1.50",
    ]
