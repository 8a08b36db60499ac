"""`dsar demo`: a filled company, one request of every right, from intake to bundles."""

import os
import shutil
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from dsar.cli.opened import columns, opened, say
from dsar.domain.errors import BadInput
from dsar.domain.lifecycle import Event
from dsar.services.desk import identity, intake, review
from dsar.services.runtime.access import request_for, ticket_for
from dsar.services.runtime.actor import staff
from dsar.services.runtime.because import Because
from dsar.services.runtime.installation import Installation, reading, transaction
from dsar.services.ticket.advance import advance
from dsar.services.views import tickets
from dsar.store.tickets import of_request

DESK, OFFICER = staff("ana"), staff("ben")

#: What marks a folder as one the demo may replace.
_MARK = ".dsar-demo"

_CHECKED = "called back on the number on file"
_DECISION = "Payment by invoice is granted."
_REASONS = "All invoices of the last year were paid in time; the score weighed a moved address."


def demo(
    out: Annotated[Path, typer.Option(help="Where the company lives.")] = Path("dsar-demo"),
    serve: Annotated[bool, typer.Option(help="Leave it running, with pages.")] = False,
    port: Annotated[int, typer.Option(help="Port of the pages.")] = 8000,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """A filled company and one request of every right, answered from intake to bundles."""
    company = _company(out)
    os.environ["DSAR_CONFIG"] = str(company.settings)
    with opened(begins=True) as installation:
        refs = [_file(installation, persona) for persona in company.personas if persona.rights]
        _work(installation)
        while _staff_acts(installation, refs):
            _work(installation)
        rows = list(_rows(installation, refs))
        say({"folder": str(company.folder), "tickets": rows}, json, lambda: _words(rows, company))
        if serve:
            _serve(installation, port)


def _company(out: Path) -> Any:
    from dsar.demo import company

    if out.exists() and any(out.iterdir()) and not (out / _MARK).exists():
        raise BadInput("out", f"{out} is not empty.", "Name a new folder with --out.")
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    (out / _MARK).touch()
    return company.build(out, today=datetime.now(UTC).date())


def _file(installation: Installation, persona: Any) -> str:
    """Intake at the desk, and the person confirmed by somebody who called back."""
    application = intake.Application(
        rights=persona.rights,
        identifiers=persona.identifiers,
        words=persona.words,
        corrections=persona.changes,
        purposes=persona.purposes,
    )
    with transaction(installation) as session:
        ref = intake.file(session, DESK, application).ref
    with transaction(installation) as session:
        identity.confirm(session, DESK, request_for(session, DESK, ref), reason=_CHECKED)
    return ref


def _work(installation: Installation) -> None:
    from workers.run_here import run_until_idle

    run_until_idle(installation)


def _staff_acts(installation: Installation, refs: list[str]) -> bool:
    """Whatever waits for staff is looked at and decided; True if anything was."""
    waiting = [ref for ref in refs for ref in _waiting(installation, ref)]
    for ref in waiting:
        _decide(installation, ref)
    return bool(waiting)


def _waiting(installation: Installation, ref: str) -> list[str]:
    with reading(installation) as session:
        tickets = of_request(session, request_for(session, DESK, ref))
        return [ticket.ref for ticket in tickets if ticket.state == "in_review"]


def _decide(installation: Installation, ref: str) -> None:
    """Another person's data is held back, a machine's decision taken anew, the rest approved."""
    foreign = _foreign(installation, ref)
    with transaction(installation) as session:
        ticket = ticket_for(session, OFFICER, ref)
        if foreign:
            rules = tuple(review.parse(f"{place}=withhold:rights_of_others") for place in foreign)
            review.rule(session, OFFICER, ticket, rules, reason="It speaks of a colleague.")
        elif ticket.right.spec.decided_by_person:
            review.decide_anew(session, OFFICER, ticket, decision=_DECISION, reason=_REASONS)
        else:
            because = Because(reason="looked at", decided_by=OFFICER.name)
            advance(session, OFFICER, ticket.id, Event.APPROVE, because=because)


def _foreign(installation: Installation, ref: str) -> list[str]:
    """What a reviewer finds on reading what may speak of others, and has not ruled on yet."""
    from dsar.demo.support import ABOUT_SOMEONE_ELSE
    from dsar.services.runtime import record_pages
    from dsar.store.tickets import rulings

    with reading(installation) as session:
        ticket = ticket_for(session, OFFICER, ref)
        flagged = any(doubt["code"] == "about_others" for doubt in ticket.doubts)
        if not flagged or rulings(session, ticket.id):
            return []
    seal = record_pages.seal_for(installation, ticket.id)
    return [
        f"support.messages:{record.key}.body"
        for record in record_pages.records(installation, seal, ticket.id, "support")
        if record.collection == "messages" and ABOUT_SOMEONE_ELSE in str(record.data.get("body"))
    ]


def _rows(installation: Installation, refs: list[str]) -> Iterator[dict[str, Any]]:
    with reading(installation) as session:
        for ref in refs:
            for ticket in of_request(session, request_for(session, DESK, ref)):
                view = tickets.ticket_view(session, DESK, ticket)
                bundle = _hand_over(installation, ticket.ref) if view.bundles else None
                names = ("ref", "right", "state", "due_on", "next")
                yield {**{name: getattr(view, name) for name in names}, "bundle": bundle}


def _hand_over(installation: Installation, ref: str) -> str:
    """The bundle as the person receives it, beside the company: a plain ZIP to open."""
    from dsar.services.bundles import deliver

    stored_bundle = deliver.stored_bundle(installation, DESK, ref)
    target = installation.settings.folder / "bundles" / stored_bundle.file
    target.parent.mkdir(exist_ok=True)
    deliver.handed(installation, DESK, stored_bundle)
    deliver.copy_out(stored_bundle, target)
    return str(target)


def _words(rows: list[dict[str, Any]], company: Any) -> str:
    cells = [[r["ref"], r["right"], r["state"], r["due_on"] or "at once",
              _short(r["bundle"])] for r in rows]  # fmt: skip
    table = columns(cells, ("TICKET", "RIGHT", "OUTCOME", "DUE", "BUNDLE"))
    command = f"{_called()} --config {_short(company.settings)}"
    return (
        f"{table}\n\n"
        f"Look around:  {command} ticket list --ended\n"
        f"One ticket:   {command} ticket show {rows[0]['ref']}\n"
        f"In a browser: {command} serve"
    )


def _called() -> str:
    """How this program was called, so that the next command can be copied as it stands."""
    program = Path(sys.argv[0])
    return "python -m dsar" if program.name == "__main__.py" else _short(program)


def _short(path: object) -> str:
    if path is None:
        return "-"
    whole = Path(str(path))
    here = Path.cwd()
    return str(whole.relative_to(here)) if whole.is_relative_to(here) else str(whole)


def _serve(installation: Installation, port: int) -> None:
    from dsar.web.server import serve as serve_pages
    from workers.process import embedded

    print(f"\nThe queue: http://127.0.0.1:{port}/  (Ctrl-C ends it)", flush=True)
    with embedded(installation) as crew:
        serve_pages(installation, "127.0.0.1", port, healthy=crew.healthy)
