"""What a process tells of itself: a JSON line per thing that happened, trace ids across processes, and metrics.

A request's trace comes with it (W3C `traceparent`) or begins here; whatever is logged, emitted or asked of
another service while it is answered carries the trace on. Logs go to standard output, with personal data
masked.
"""

import json
import logging
import os
import random
import re
import sys
import time
from collections.abc import MutableMapping
from contextvars import ContextVar
from typing import Final, NamedTuple, TextIO

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chassis.clock import wall_now
from chassis.masking import mask, mask_text
from chassis.metrics import Metrics
from chassis.personal_numbers import in_trace

__all__ = [
    "Metrics",
    "TelemetryMiddleware",
    "Trace",
    "configure_logging",
    "current_trace_id",
    "current_traceparent",
    "route_template",
    "tell_broker_reached",
    "tell_client",
    "tell_reason",
    "trace_of",
]

UNMATCHED: Final = "unmatched"
"""Route label of a request that no route answers; paths are never labels."""

CALLER_GONE: Final = 499
"""Status that is counted where the caller hung up before there was an answer."""

_CLIENT: Final = "desk.client"
_REASON: Final = "desk.reason"
_BROKER: Final = "desk.broker"
_MOST_FRAGMENTS: Final = 2_000
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_TRACEPARENT = re.compile(r"^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$")
_ids = random.Random(os.urandom(16))  # noqa: S311 - trace ids are names; secrets would cost 20 times as much


class Trace(NamedTuple):
    """The trace that work belongs to, and this process's span in it."""

    trace_id: str
    span_id: str
    flags: str = "01"

    @property
    def traceparent(self) -> str:
        """Return the header that carries the trace on (W3C Trace Context)."""
        return f"00-{self.trace_id}-{self.span_id}-{self.flags}"


_current: ContextVar[Trace | None] = ContextVar("desk_trace", default=None)


def begin_trace(traceparent: str | None) -> Trace:
    """Return a new span of the trace that came with some work, or of a new trace where none (or none valid) did.

    A trace whose id could hold a NIK goes no further: ids are logged and kept as they are. `tracestate` is not read at all.

    Args:
        traceparent: W3C `traceparent` as it arrived.
    """
    found = _TRACEPARENT.match(traceparent) if traceparent else None
    span_id = f"{_ids.getrandbits(64) | 1:016x}"
    if found is None or not found[1].strip("0") or not found[2].strip("0") or in_trace(found[1]):
        return Trace(_trace_id(), span_id)
    return Trace(found[1], span_id, found[3])


def _trace_id() -> str:
    """Return a new id, of which no other process thinks that it could hold a NIK."""
    made = f"{_ids.getrandbits(128) | 1:032x}"
    return _trace_id() if in_trace(made) else made


def current_trace_id() -> str | None:
    """Return the id of the trace that this task works for, None outside of any."""
    trace = _current.get()
    return trace.trace_id if trace else None


def current_traceparent() -> str | None:
    """Return the `traceparent` to send on with whatever this task asks of others, None outside of any trace."""
    trace = _current.get()
    return trace.traceparent if trace else None


def trace_of(scope: Scope) -> str | None:
    """Return the trace id of a request; it holds where the task's own context is gone, as in an outer handler."""
    trace: Trace | None = scope.get("desk.trace")
    return trace.trace_id if trace else current_trace_id()


def route_template(scope: Scope) -> str:
    """Return the template of the route that answers a request (`/v1/tps/{code}`), or `unmatched`."""
    included = scope.get("fastapi", {}).get(
        "effective_route_context"
    )  # a router's route knows no prefix itself
    template: str | None = getattr(included or scope.get("route"), "path_format", None)
    return template or UNMATCHED


def tell_client(scope: Scope, client: str) -> None:
    """Note which application a request's token names, for the line of a request that is refused."""
    scope[_CLIENT] = client


def tell_reason(scope: Scope, reason: str) -> None:
    """Note why a token was not accepted, for the same line: a word of ours, nothing that was sent."""
    scope[_REASON] = reason


class TelemetryMiddleware:
    """Gives every request its trace, counts it by route template, and writes one line about it.

    Lines of requests that went well say no more than route, status and time. Those that did not also have the
    masked path, the problem, the application (never the token) and why a token was not accepted. It is on the
    path of every command, so it writes its line by itself rather than through structlog.

    Args:
        app: the application inside.
        metrics: where requests are counted.
        service: name of this service, in each line.
        quiet: route templates that are counted and not logged (health, metrics).
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        metrics: Metrics,
        service: str,
        quiet: frozenset[str] = frozenset({"/health/live", "/health/ready", "/metrics"}),
    ) -> None:
        self._app = app
        self._metrics = metrics
        self._service = service
        self._quiet = quiet
        self._log = logging.getLogger("desk.request")
        self._told: dict[tuple[str, str, int], str] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        status = CALLER_GONE

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        trace = begin_trace(_header(scope, b"traceparent"))
        scope["desk.trace"] = trace
        before = _current.set(trace)
        try:
            await self._app(scope, receive, noting)
        except Exception:
            status = 500
            raise
        finally:
            _current.reset(before)
            self._tell(scope, trace, status=status, seconds=time.perf_counter() - began)

    def _tell(self, scope: Scope, trace: Trace, *, status: int, seconds: float) -> None:
        route = route_template(scope)
        method: str = scope["method"]
        self._metrics.observe_request(route=route, method=method, status=status, seconds=seconds)
        if route in self._quiet or not self._log.isEnabledFor(logging.INFO):
            return
        told = self._told.get((route, method, status))
        if told is None:
            told = self._fragment(route, method, status)
        ended = "" if status < 400 else _failure(scope)
        line = f'{{"timestamp":"{_now()}",{told},"ms":{seconds * 1000:.2f},"trace_id":"{trace.trace_id}"{ended}}}\n'
        sys.stdout.write(line)
        sys.stdout.flush()

    def _fragment(self, route: str, method: str, status: int) -> str:
        """Return the part of a line that is the same for every request of its kind, as JSON, and remember it."""
        told = _encode(
            {
                "level": "info",
                "event": "request",
                "service": self._service,
                "method": method[:16],
                "route": route,
                "status": status,
            }
        )[1:-1]
        if len(self._told) < _MOST_FRAGMENTS:
            self._told[route, method, status] = told
        return told


def configure_logging(service: str, level: str = "INFO", *, stream: TextIO | None = None) -> None:
    """Send everything that this process logs, the libraries' lines too, to standard output as masked JSON.

    Args:
        service: name in each line.
        level: lowest level that is written (`DEBUG` `INFO` `WARNING` `ERROR`).
        stream: where to write instead of standard output.
    """
    shared: list[structlog.types.Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _add_service(service),
        _add_trace,
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(stream or sys.stdout)
    handler.addFilter(_not_told_twice)
    handler.addFilter(_UntilReached())
    logging.getLogger(_BROKER).setLevel(logging.INFO)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.ExtraAdder(), *shared],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.StackInfoRenderer(),
                structlog.processors.format_exc_info,
                mask_event,
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access", "asyncio", "aiokafka"):
        library = logging.getLogger(name)
        library.handlers.clear()
        library.propagate = True
    for name in ("httpx", "httpcore", "aiokafka", "uvicorn.access"):  # one line a request or poll is too many
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))


def mask_event(
    _logger: object, _method: str, event: MutableMapping[str, object]
) -> MutableMapping[str, object]:
    """Mask every value of a line; a structlog processor, after the exception has become text."""
    for key, value in event.items():
        event[key] = value if key in {"timestamp", "trace_id"} else mask(value)
    return event


def _add_service(service: str) -> structlog.types.Processor:
    def add(_logger: object, _method: str, event: structlog.types.EventDict) -> structlog.types.EventDict:
        event.setdefault("service", service)
        return event

    return add


def _add_trace(_logger: object, _method: str, event: structlog.types.EventDict) -> structlog.types.EventDict:
    trace_id = current_trace_id()
    if trace_id is not None:
        event.setdefault("trace_id", trace_id)
    return event


def _not_told_twice(record: logging.LogRecord) -> bool:
    """Leave out uvicorn's own report of a failed request: the problem handler has told it, with its trace id."""
    return not (
        record.name == "uvicorn.error" and str(record.msg).startswith("Exception in ASGI application")
    )


def _failure(scope: Scope) -> str:
    """Return what a line says of a request that was refused or failed: its path, masked, what, whose and why."""
    told = {"path": mask_text(scope["path"])[:300], "problem": scope.get("desk.problem")}
    for name, key in (("client", _CLIENT), ("reason", _REASON)):
        if key in scope:
            told[name] = mask_text(str(scope[key]))[:200]
    return f",{_encode(told)[1:-1]}"


def tell_broker_reached() -> None:
    """Note that the broker was there: from now on it is an error where its client cannot reach it."""
    logging.getLogger(_BROKER).info("reached")


class _UntilReached(logging.Filter):
    """Makes warnings of the errors of the broker's client until the broker was reached once.

    A desk starts in any order. That a broker which is starting refuses connections is no error, and who reads the log of a
    start should not have to know which errors are none.
    """

    def __init__(self) -> None:
        super().__init__()
        self._reached = False

    def filter(self, record: logging.LogRecord) -> bool:
        """Say whether a line is written, and how loud."""
        if record.name == _BROKER:
            self._reached = True
            return False
        if not self._reached and record.levelno == logging.ERROR and record.name.startswith("aiokafka"):
            record.levelno, record.levelname = logging.WARNING, "WARNING"
        return True


def _header(scope: Scope, name: bytes) -> str | None:
    for key, value in scope["headers"]:
        if key == name:
            return value.decode("latin-1")
    return None


def _now() -> str:
    return wall_now().isoformat(timespec="milliseconds")[:-6] + "Z"
