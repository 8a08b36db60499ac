"""`dsar ticket`: the queue, one ticket, and everything staff can do with it."""

from pathlib import Path
from typing import Annotated

import typer

from dsar.cli.opened import DESK, columns, fetch, listed, opened, say
from dsar.cli.requests.request import pair
from dsar.cli.requests.wait import exit_where_failed, wait_for
from dsar.domain.errors import BadInput
from dsar.domain.lifecycle import Event
from dsar.services.bundles import files_view
from dsar.services.bundles.files_view import FilesView, FileView
from dsar.services.desk import further_identifiers, review
from dsar.services.desk.supplement import supplement
from dsar.services.letters import WrittenLetter
from dsar.services.runtime.access import ticket_for
from dsar.services.runtime.actor import staff
from dsar.services.runtime.because import Because
from dsar.services.runtime.installation import Installation, reading, transaction
from dsar.services.ticket.advance import advance
from dsar.services.views import tickets
from dsar.services.views.json_values import as_json
from dsar.services.views.queue import queue
from dsar.services.views.tickets import TicketView
from dsar.services.work import lift_restriction
from dsar.store.tickets import request_of

app = typer.Typer(help="The queue, one ticket, and acting on it.", no_args_is_help=True)

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command("list")
def list_(
    ended: Annotated[bool, typer.Option(help="The ended ones instead of the open.")] = False,
    json: Json = False,
) -> None:
    """The queue by due date: what must be done next, why, and by when."""
    with opened() as installation, reading(installation) as session:
        rows = queue(session, DESK, ended=ended)
    heads = ("TICKET", "RIGHT", "STATE", "WHO", "DUE", "NEXT")
    names = ("ref", "right", "state", "owner", "due_on", "next")
    say(rows, json, lambda: listed(rows, names, heads))


@app.command()
def show(ref: str, json: Json = False) -> None:
    """One ticket with its dates, coverage, history and bundles."""
    with opened() as installation:
        _show(installation, ref, json)


@app.command()
def inquiries(ref: str, json: Json = False) -> None:
    """Who was asked and has not answered yet, with the link to pass on to them."""
    with opened() as installation, reading(installation) as session:
        told = tickets.inquiries_view(session, DESK, ticket_for(session, DESK, ref))
    heads = ("SOURCE", "FOR", "ASKED TO", "STANDING", "ANSWER BY", "LINK")
    names = ("title", "whom", "verb", "standing", "answer_by", "link")
    say(told, json, lambda: listed(told, names, heads))


@app.command()
def letters(ref: str, json: Json = False) -> None:
    """Every letter of a ticket as it was written."""
    with opened() as installation, reading(installation) as session:
        told = tickets.letters_view(session, DESK, ticket_for(session, DESK, ref))
    say(told, json, lambda: "\n\n".join(_letter(one) for one in told))


def _letter(one: WrittenLetter) -> str:
    """A letter, below what staff should know of how it was written."""
    return "\n\n".join(part for part in (one.note, one.subject, one.text) if part)


@app.command()
def files(ref: str, json: Json = False) -> None:
    """The files of a ticket's records, each with the PLACE by which a ruling names it."""
    with opened() as installation, reading(installation) as session:
        told = files_view.of_ticket(session, DESK, ticket_for(session, DESK, ref))
    say(told, json, lambda: _files(told))


@app.command("file")
def file_(
    ref: str,
    place: Annotated[str, typer.Argument(help="Which one, as `files` names it.")],
    out: Annotated[Path, typer.Option(help="Where to write it.")],
    by: Annotated[str, typer.Option("--by", help="Who looks.")] = "desk",
    json: Json = False,
) -> None:
    """Write one file of a record, for whoever must look at it; the journal says so."""
    with opened() as installation:
        size = files_view.take_out(installation, staff(by), ref, place, out)
    say({"path": str(out), "bytes": size}, json, lambda: f"{out}: {size:,} bytes")


@app.command()
def picture(
    ref: str,
    out: Annotated[Path, typer.Option(help="Where to write it.")] = Path("ticket.svg"),
    json: Json = False,
) -> None:
    """Write the dates of a ticket as an SVG picture, for a report."""
    with opened() as installation, reading(installation) as session:
        svg = tickets.ticket_view(session, DESK, ticket_for(session, DESK, ref)).picture
    out.write_text(svg, encoding="utf-8")
    say({"path": str(out)}, json, lambda: str(out))


@app.command()
def act(
    ref: str,
    event: str,
    by: Annotated[str, typer.Option("--by", help="Who acts.")] = "desk",
    reason: Annotated[
        str, typer.Option(help="Why; told to the person where it concerns them.")
    ] = "",
    ground: Annotated[str, typer.Option(help="The legal ground, e.g. refusal_excessive.")] = "",
    decision: Annotated[str, typer.Option(help="What a person decided anew (decide).")] = "",
    rule: Annotated[list[str] | None, typer.Option(help="PLACE=VERDICT[:GROUND] (revise).")] = None,
    months: Annotated[int | None, typer.Option(help="Length of an extension.")] = None,
    days: Annotated[int | None, typer.Option(help="Length of an extension.")] = None,
    wait: Annotated[bool, typer.Option(help="Wait for what follows.")] = False,
    json: Json = False,
) -> None:
    """Let an event happen to a ticket; refused with the sentence that says why."""
    because = Because(reason=reason, ground=ground, decided_by=by, months=months, days=days)
    with opened() as installation:
        with transaction(installation) as session:
            actor, kind = staff(by), _event(event)
            ticket = ticket_for(session, actor, ref)
            request = request_of(session, ticket).ref
            if kind is Event.REVISE:
                spoken = tuple(review.parse(text) for text in rule or ())
                review.rule(session, actor, ticket, spoken, reason=reason)
            elif kind is Event.DECIDE:
                review.decide_anew(session, actor, ticket, decision=decision, reason=reason)
            else:
                advance(session, actor, ticket.id, kind, because=because)
        _follow(installation, request, ref, wait=wait, as_json=json)


@app.command("supplement")
def supplement_(
    ref: str,
    reason: Annotated[str, typer.Option(help="Why it can, or how you know.")] = "",
    source: Annotated[
        list[str] | None, typer.Option(help="All that were given up without.")
    ] = None,
    identifier: Annotated[
        list[str] | None, typer.Option(help="KIND=VALUE the person is known by too.")
    ] = None,
    by: Annotated[str, typer.Option("--by", help="Who acts.")] = "desk",
    wait: Annotated[bool, typer.Option(help="Wait for what follows.")] = False,
    json: Json = False,
) -> None:
    """Ask sources that were given up again: a second ticket answers for them alone.

    With --identifier a ticket that is still open is searched anew, by what the person is known by
    beside what they had said.
    """
    if source and identifier:
        raise BadInput("source", "goes with no identifier.", "Every source is searched by it.")
    with opened() as installation:
        with transaction(installation) as session:
            actor = staff(by)
            made = first = ticket_for(session, actor, ref)
            if identifier:
                pairs = [pair(text, "identifier") for text in identifier]
                further_identifiers.add(session, actor, first, pairs, reason=reason)
            else:
                made = supplement(session, actor, first, source or (), reason=reason)
            late, request = made.ref, request_of(session, made).ref
        _follow(installation, request, late, wait=wait, as_json=json)


@app.command("lift")
def lift_(
    ref: str,
    reason: Annotated[str, typer.Option(help="Why it ends; the person reads it.")] = "",
    told: Annotated[
        bool, typer.Option("--told", help="The letter has gone out: lift now.")
    ] = False,
    retry: Annotated[bool, typer.Option("--retry", help="Ask stuck sources again.")] = False,
    by_hand: Annotated[str, typer.Option(help="A source in which somebody ended it.")] = "",
    by: Annotated[str, typer.Option("--by", help="Who acts.")] = "desk",
    json: Json = False,
) -> None:
    """End a restriction: write to the person first, then --told lets the sources lift it."""
    with opened() as installation:
        with transaction(installation) as session:
            actor = staff(by)
            ticket = ticket_for(session, actor, ref)
            if by_hand:
                lift_restriction.by_hand(session, actor, ticket, by_hand, reason=reason)
            elif retry:
                lift_restriction.retry(session, actor, ticket)
            elif told:
                lift_restriction.told(session, actor, ticket)
            else:
                lift_restriction.announce(session, actor, ticket, reason=reason)
        _show(installation, ref, json)


def _event(name: str) -> Event:
    try:
        return Event(name.strip().lower().replace("-", "_"))
    except ValueError:
        problem = f"{name!r} is no event."
        raise BadInput("event", problem, f"Use one of: {', '.join(Event)}.") from None


def _follow(
    installation: Installation, request: str, ref: str, *, wait: bool, as_json: bool
) -> None:
    """Shows a ticket; with `wait` after what follows, and ends with 1 where that got stuck."""
    in_time = not wait or wait_for(installation, request, seconds=300)
    view = _show(installation, ref, as_json)
    if wait:
        exit_where_failed([view], in_time=in_time)


def _show(installation: Installation, ref: str, as_json: bool) -> TicketView:
    with reading(installation) as session:
        view = tickets.ticket_view(session, DESK, ticket_for(session, DESK, ref))
    say(view, as_json, lambda: _words(view))
    return view


def _files(told: FilesView) -> str:
    """The files in columns."""
    heads = ("PLACE", "RECORD", "NAME", "KIND", "BYTES", "WITHHELD")
    rows = [_file(one) for one in told.files]
    left = told.count - len(rows)
    more = f"\n… and {left:,} more. Rule on their records or collections." if left else ""
    return columns(rows, heads) + more if rows else "No files were collected."


def _file(one: FileView) -> list[str]:
    cells = (one.place, one.record, one.name, one.media_type, str(one.bytes), one.withheld)
    return [files_view.shown(cell) for cell in cells]


def _words(view: TicketView) -> str:
    names, heads = ("title", "words", "found", "done", "reason"), ("SOURCE", "OUTCOME", "FOUND")
    parts = [
        f"{view.ref}  {view.title} ({view.article})",
        f"state {view.state}, due {view.due_on}, next: {view.next or '-'}",
        view.language.note,
        listed(view.coverage, names, (*heads, "DONE", "REASON")) if view.coverage else "",
    ]
    parts += [
        f"{one.title}: {one.whom} to answer by {one.answer_by}: {one.link}"
        for one in view.inquiries
        if one.link
    ]
    parts += [
        f"{task.kind}: {task.progress.words} (as of {as_json(task.progress.at)})"
        for task in view.tasks
        if task.progress
    ]
    parts += [f"bundle {one.file} ({one.state}): {fetch(view.ref)}" for one in view.bundles]
    return "\n".join(part for part in parts if part)
