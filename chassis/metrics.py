"""The metrics that every process of the desk has alike, in a registry of its own per application.

A service adds its own metrics to `Metrics.registry`. Labels go no finer than the kecamatan, never to a TPS, a
person or a box. Domain figures are gauges that every replica exports alike, so rules take `max without
(instance, pod)`.
"""

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    disable_created_metrics,
)
from prometheus_client.exposition import choose_encoder

_HTTP_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_GROUP_BUCKETS = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512)
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_MOST_SERIES = 2_000


class Metrics:
    """The chassis' metrics of one application."""

    def __init__(self) -> None:
        disable_created_metrics()
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        registry = self.registry
        self.http_requests = Counter(
            "http_requests", "Requests answered.", ["route", "method", "status"], registry=registry
        )
        self.http_duration = Histogram(
            "http_request_duration_seconds",
            "Time from a request's first byte to the end of its answer; a stream counts until it ends.",
            ["route", "method"],
            buckets=_HTTP_BUCKETS,
            registry=registry,
        )
        self.outbox_pending = Gauge(
            "desk_outbox_pending_events", "Events committed and not yet published.", registry=registry
        )
        self.outbox_oldest = Gauge(
            "desk_outbox_unpublished_oldest_seconds",
            "Age of the oldest unpublished event.",
            registry=registry,
        )
        self.relay_published = Counter(
            "desk_relay_published_events", "Events that the broker has acknowledged.", registry=registry
        )
        self.events_consumed = Counter(
            "desk_consumer_events", "Records taken in from the topics.", ["consumer"], registry=registry
        )
        self.consumer_lag = Gauge(
            "desk_consumer_lag_records",
            "Records on the topics not yet taken in.",
            ["consumer"],
            registry=registry,
        )
        self.dead_letters = Gauge(
            "desk_dead_letters",
            "Records that could not be taken in and are unsettled.",
            ["consumer"],
            registry=registry,
        )
        self.idempotent_replays = Counter(
            "desk_idempotent_replays", "Commands answered from their idempotency key.", registry=registry
        )
        for gauge in (
            self.outbox_pending,
            self.outbox_oldest,
        ):  # until the relay has looked, nothing is known
            gauge.set(float("nan"))
        self._add_groups(registry)
        self._seen: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}

    def _add_groups(self, registry: CollectorRegistry) -> None:
        self.group_size = Histogram(
            "desk_coalescer_group_commands",
            "Commands that shared one commit.",
            ["command"],
            buckets=_GROUP_BUCKETS,
            registry=registry,
        )
        self.group_queue = Gauge(
            "desk_coalescer_waiting_commands", "Commands waiting for a group.", ["command"], registry=registry
        )
        self.group_capacity = Gauge(
            "desk_coalescer_capacity_commands",
            "Most commands that may wait for a group.",
            ["command"],
            registry=registry,
        )
        self.group_refused = Counter(
            "desk_coalescer_refused_commands",
            "Commands refused with 503 because as many waited as may.",
            ["command"],
            registry=registry,
        )

    def observe_request(self, *, route: str, method: str, status: int, seconds: float) -> None:
        """Count one answered request.

        Args:
            route: template of the route's path, never the path itself.
            method: HTTP method; what is no usual method is counted as `other`.
            status: HTTP status that was sent, 499 where the caller hung up before one was.
            seconds: how long it took.
        """
        seen = self._seen.get((route, method, status))
        if seen is None:
            seen = self._series(route, method, status)
        seen[0].inc()
        seen[1].observe(seconds)

    def render(self, accept: str = "") -> tuple[bytes, str]:
        """Return every metric as text, and its media type, in the form that the scraper accepts."""
        encode, media_type = choose_encoder(accept)
        return encode(self.registry), media_type

    def _series(self, route: str, method: str, status: int) -> tuple[Counter, Histogram]:
        named = method if method in _METHODS else "other"
        series = (
            self.http_requests.labels(route, named, str(status)),
            self.http_duration.labels(route, named),
        )
        if len(self._seen) < _MOST_SERIES:  # methods are the caller's words; this must not grow with them
            self._seen[route, method, status] = series
        return series
