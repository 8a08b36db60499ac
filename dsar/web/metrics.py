"""What Prometheus reads at `/metrics`: the engine's figures, asked of the database at each scrape.

Labels are kinds, states and names of sources, never anything of a person. No figure is kept in this
process, so it does not matter which web process is asked. What each one means stands in
`workers/README.md`.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import Response

from dsar.services.runtime.installation import Installation, reading
from dsar.services.upkeep.numbers import Figures, figures
from dsar.store.counts import COUNTERS

METRICS = "/metrics"

#: The values of each combination of labels.
Samples = Iterable[tuple[tuple[str, ...], float]]


@dataclass(frozen=True, slots=True)
class MetricRow:
    """One metric: its name, what it counts, its labels, and where its values are found."""

    name: str
    words: str
    labels: tuple[str, ...]
    values: Callable[[Figures], Samples]


def _each(values: Mapping[str, float]) -> Samples:
    return (((label,), value) for label, value in values.items())


# fmt: off
GAUGES = (
    MetricRow("dsar_tasks", "tasks of open tickets by state and kind",
              ("state", "kind"), lambda now: now.tasks.items()),
    MetricRow("dsar_task_oldest_due_seconds", "for how long the oldest ready task has been due",
              ("kind",), lambda now: _each(now.oldest_due)),
    MetricRow("dsar_effects_unknown", "changes begun in a source of which nobody knows the outcome",
              (), lambda now: [((), now.unknown_effects)]),
    MetricRow("dsar_deadlines_at_risk", "open tickets overdue, or due within 3 or within 7 days",
              ("window",), lambda now: _each(now.deadlines)),
    MetricRow("dsar_source_closed", "1 while a source is left in peace, else 0",
              ("source",), lambda now: _each(now.sources)),
    MetricRow("dsar_processes", "processes that gave a sign of life lately",
              ("kind",), lambda now: _each(now.processes)),
)
# fmt: on


class _Collector(Collector):
    def __init__(self, installation: Installation) -> None:
        self._installation = installation

    def collect(self) -> Iterator[Metric]:
        with reading(self._installation) as session:
            now = figures(session)
        for shown in GAUGES:
            gauge = GaugeMetricFamily(shown.name, shown.words, labels=shown.labels)
            for labels, value in shown.values(now):
                gauge.add_metric(labels, value)
            yield gauge
        for name, words in COUNTERS.items():
            yield CounterMetricFamily(f"dsar_{name}", words, value=now.counts[name])


def metrics(request: Request) -> Response:
    """Every metric, in the text format the scraper asks for; 503 while the database is away."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Collector(request.app.state.installation))
    encode, content_type = choose_encoder(request.headers.get("accept", ""))
    return Response(encode(registry), headers={"Content-Type": content_type})
