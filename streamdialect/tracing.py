"""OpenTelemetry spans, where the program that uses this package has set up OpenTelemetry.

Nothing of OpenTelemetry is imported here: whoever wants spans has imported ``opentelemetry.trace`` to set a provider,
and without one a span would go nowhere. To everybody else this costs a look into a dictionary.

Names and attributes are those of OpenTelemetry's semantic conventions 1.45 for databases and for messaging. Values,
parameters and the messages of errors are in no span: they may be anybody's data.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

__all__ = ["Attributes", "context", "current", "fail", "span", "start"]

Attributes = Mapping[str, "str | int"]

_API = "opentelemetry.trace"
_NOTHING: AbstractContextManager[None] = nullcontext()
_tracer: tuple[Any, Any] = (None, None)  # of which provider, which a program may set late


def _find() -> Any:
    """Give the tracer, or None where nobody traces."""
    global _tracer
    api = sys.modules.get(_API)
    if api is None or not hasattr(api, "get_tracer"):  # while another thread imports it
        return None
    provider = api.get_tracer_provider()
    if provider is not _tracer[0]:
        proxy = isinstance(provider, api.ProxyTracerProvider)  # stands in until a provider is set
        _tracer = (provider, None if proxy else api.get_tracer("streamdialect", tracer_provider=provider))
    return _tracer[1]


def start(name: str, kind: str, attributes: Callable[[], Attributes], parent: Any = None) -> Any:
    """Start a span, which the caller ends, and give it; None where nobody traces.

    ``kind`` is OpenTelemetry's, in capitals. ``parent`` is what ``context`` gave, by default this thread's.
    """
    tracer = _find()
    if tracer is None:
        return None
    return tracer.start_span(
        name, context=parent, kind=sys.modules[_API].SpanKind[kind], attributes=dict(attributes())
    )


def current(span: Any) -> AbstractContextManager[Any]:
    """Make a span that of the block, for the spans that begin in it; it is neither failed nor ended."""
    found: AbstractContextManager[Any] = sys.modules[_API].use_span(
        span, end_on_exit=False, record_exception=False, set_status_on_exception=False
    )
    return found


def fail(span: Any, error: BaseException) -> None:
    """Say of a span that it failed, with the class of the error and its SQLSTATE; never with its message."""
    span.set_attribute("error.type", f"{type(error).__module__}.{type(error).__qualname__}")
    sqlstate = getattr(error, "sqlstate", None)
    if sqlstate is not None:
        span.set_attribute("db.response.status_code", sqlstate)
    span.set_status(sys.modules[_API].StatusCode.ERROR)


def context() -> Any:
    """Give the context of this thread, for spans of another one; None where nobody traces."""
    return None if _find() is None else sys.modules["opentelemetry.context"].get_current()


def span(
    name: str, kind: str, attributes: Callable[[], Attributes], parent: Any = None
) -> AbstractContextManager[Any]:
    """Make a span of the block; parameters as those of ``start``."""
    started = start(name, kind, attributes, parent)
    return _NOTHING if started is None else _whole(started)


@contextmanager
def _whole(started: Any) -> Iterator[Any]:
    try:
        with current(started):
            yield started
    except BaseException as error:
        fail(started, error)
        raise
    finally:
        started.end()
