"""`dsar request`: file a request at the desk, show one."""

from datetime import datetime
from typing import Annotated

import typer

from dsar.cli.opened import DESK, columns, fetch, opened, say
from dsar.cli.requests.wait import approve_when_asked, exit_where_failed, wait_for
from dsar.domain.errors import BadInput
from dsar.domain.rights import Right
from dsar.services.desk import identity, intake
from dsar.services.runtime import seals
from dsar.services.runtime.access import request_for
from dsar.services.runtime.actor import staff
from dsar.services.runtime.installation import Installation, reading, transaction
from dsar.services.views import tickets
from dsar.services.views.hindrances import learn
from dsar.services.views.tickets import RequestView, TicketView
from dsar.store.tickets import of_request

app = typer.Typer(help="File a request, show one.", no_args_is_help=True)

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command()
def new(
    right: Annotated[list[str], typer.Option(help="Which right; repeat for several.")],
    identifier: Annotated[list[str], typer.Option(help="KIND=VALUE, e.g. email=ana@example.org.")],
    received: Annotated[str, typer.Option(help="When it arrived, ISO 8601 with offset.")] = "",
    regime: Annotated[str, typer.Option(help="The law; else the configured one.")] = "",
    channel: Annotated[str, typer.Option(help="How it arrived.")] = "desk",
    language: Annotated[
        str, typer.Option(help="The person's language; else the controller's.")
    ] = "",
    words: Annotated[str, typer.Option(help="What the person wrote.")] = "",
    correct: Annotated[list[str] | None, typer.Option(help="FIELD=VALUE to rectify.")] = None,
    purpose: Annotated[list[str] | None, typer.Option(help="Activity objected to.")] = None,
    key: Annotated[str, typer.Option(help="Idempotency key: filed again, it is the first.")] = "",
    identity_confirmed_by: Annotated[str, typer.Option(help="Staff who checked.")] = "",
    approved_by: Annotated[str, typer.Option(help="Staff who approves what has no doubts.")] = "",
    reason: Annotated[str, typer.Option(help="How identity was checked.")] = "",
    wait: Annotated[bool, typer.Option(help="Wait until it ends or a person must act.")] = False,
    seconds: Annotated[float, typer.Option(help="How long to wait at most.")] = 300.0,
    json: Json = False,
) -> None:
    """File a request: one ticket for each right.

    With --wait it ends with 1 where a ticket failed and waits for a mend, no source searches by
    what was given, or the time is over.
    """
    application = intake.Application(
        rights=tuple(_right(name) for name in right),
        identifiers=tuple(pair(text, "identifier") for text in identifier),
        received_at=_instant(received),
        regime=regime or None,
        channel=channel,
        language=language,
        words=words,
        corrections=dict(pair(text, "correct") for text in correct or ()),
        purposes=tuple(purpose or ()),
        idempotency_key=key or None,
    )
    with opened(begins=True) as installation:
        ref = _file(installation, application, identity_confirmed_by, reason)
        learn(installation, {kind for kind, _ in application.identifiers})
        in_time = not wait or wait_for(installation, ref, seconds=seconds)
        while wait and approved_by and approve_when_asked(installation, ref, approved_by, reason):
            in_time = wait_for(installation, ref, seconds=seconds)
        view = _show(installation, ref, json)
    if wait:
        exit_where_failed(view.tickets, in_time=in_time)


def _file(
    installation: Installation, application: intake.Application, confirmed_by: str, reason: str
) -> str:
    """Files and, where staff vouches for the person, confirms: the request is kept in any case."""
    if confirmed_by and not reason:
        raise BadInput("reason", "is missing.", "Say with --reason how the identity was checked.")
    with transaction(installation) as session:
        request = intake.file(session, staff(confirmed_by or "desk"), application)
        ref, fresh = request.ref, intake.unconfirmed(session, request)
    if confirmed_by and fresh:
        with transaction(installation) as session:
            actor = staff(confirmed_by)
            identity.confirm(session, actor, request_for(session, actor, ref), reason=reason)
    return ref


@app.command()
def show(ref: str, json: Json = False) -> None:
    """Show a request and its tickets."""
    with opened() as installation:
        _show(installation, ref, json)


@app.command()
def confirm(
    ref: str,
    by: Annotated[str, typer.Option("--by", help="Staff who checked.")],
    reason: Annotated[str, typer.Option(help="How it was checked.")],
    json: Json = False,
) -> None:
    """Confirm who is behind a request."""
    with opened() as installation:
        with transaction(installation) as session:
            actor = staff(by)
            identity.confirm(session, actor, request_for(session, actor, ref), reason=reason)
        _show(installation, ref, json)


@app.command()
def identifier(
    ref: str,
    pair_: Annotated[str, typer.Argument(metavar="KIND=VALUE", help="Lists without.")] = "",
    theirs: Annotated[bool | None, typer.Option("--theirs/--not-theirs", help="Whose.")] = None,
    by: Annotated[str, typer.Option("--by", help="Staff who found out.")] = "desk",
    reason: Annotated[str, typer.Option(help="How it was found out.")] = "",
    json: Json = False,
) -> None:
    """Show the identifiers in doubt; say of one whether it is this person's."""
    with opened() as installation:
        if pair_:
            if theirs is None:
                raise BadInput("theirs", "is missing.", "Add --theirs or --not-theirs.")
            with transaction(installation) as session:
                actor, who = staff(by), pair(pair_, "identifier")
                request = request_for(session, actor, ref)
                identity.settle(session, actor, request, who, theirs=theirs, reason=reason)
        with reading(installation) as session:
            ticket = of_request(session, request_for(session, DESK, ref))[0]
            rows = [list(row) for row in seals.unsettled_of(session, ticket)]
    say(rows, json, lambda: columns(rows, ("KIND", "VALUE", "GIVEN BY")) if rows else "None.")


def _show(installation: Installation, ref: str, as_json: bool) -> RequestView:
    with reading(installation) as session:
        view = tickets.request_view(session, DESK, request_for(session, DESK, ref))
    rows = [(t.ref, t.right, t.state, t.due_on, t.next or _fetch(t)) for t in view.tickets]
    heads = ("TICKET", "RIGHT", "STATE", "DUE", "NEXT")
    told = "\n".join(text for text in (f"Request {view.ref}", view.language.note) if text)
    say(view, as_json, lambda: f"{told}\n{columns(rows, heads)}")
    return view


def _fetch(ticket: TicketView) -> str:
    return fetch(ticket.ref) if any(one.ready for one in ticket.bundles) else ""


def _right(name: str) -> Right:
    try:
        return Right(name.strip().lower().replace("-", "_"))
    except ValueError:
        problem = f"{name!r} is no right."
        raise BadInput("right", problem, f"Use one of: {', '.join(Right)}.") from None


def pair(text: str, field: str) -> tuple[str, str]:
    kind, equals, value = text.partition("=")
    if not (equals and kind.strip()):
        raise BadInput(field, "is not KIND=VALUE.", "Write it as email=ana@example.org.")
    return kind.strip() if field == "correct" else kind.strip().lower(), value


def _instant(text: str) -> datetime | None:
    if not text:
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        problem = "is not a date and time."
        raise BadInput("received", problem, "Write 2026-01-31T10:00:00+01:00.") from None
