"""`dsar serve | web | worker | scheduler`: the processes."""

from typing import Annotated

import typer

from dsar.cli.opened import opened
from dsar.domain.errors import BadInput

Host = Annotated[str, typer.Option(help="Address to listen on.")]
Port = Annotated[int, typer.Option(help="Port to listen on.")]


def serve(host: Host = "127.0.0.1", port: Port = 8000) -> None:
    """All in one process on SQLite: pages, worker, sweeper, schedule."""
    from dsar.web.server import serve as serve_pages
    from workers.process import embedded

    with opened(patient=True, begins=True) as installation:
        if installation.settings.redis_url:
            mend = "Run dsar web, dsar worker and dsar scheduler instead."
            raise BadInput("redis_url", "is set, so work is done by other processes.", mend)
        with embedded(installation) as crew:
            serve_pages(installation, host, port, healthy=crew.healthy)


def web(host: Host = "127.0.0.1", port: Port = 8000) -> None:
    """The pages only."""
    from dsar.web.server import serve as serve_pages
    from workers.process import beside_web

    with opened(patient=True) as installation, beside_web(installation) as crew:
        serve_pages(installation, host, port, healthy=crew.healthy)


def worker(
    processes: Annotated[int, typer.Option(help="How many processes.")] = 1,
    threads: Annotated[int, typer.Option(help="Threads in each; 0 as configured.")] = 0,
) -> None:
    """Claims and does tasks until it is stopped."""
    from workers.process import run_worker

    with opened(patient=True) as installation:
        run_worker(installation, processes=processes, threads=threads or None)


def scheduler() -> None:
    """Sweeps and watches; two of them are harmless."""
    from workers.process import run_scheduler

    with opened(patient=True) as installation:
        run_scheduler(installation)
