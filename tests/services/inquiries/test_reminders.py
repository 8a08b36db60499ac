"""Staff is told in time, once for each day, that a source has not answered; and can pass it on."""

from datetime import date, timedelta

import pytest
from sqlmodel import select

from dsar.cli.requests.ticket import _words
from dsar.config.settings import InquirySettings
from dsar.domain.errors import BadInput
from dsar.domain.lifecycle import Event
from dsar.domain.rights import Right
from dsar.services.inquiries import inquiry_rows, links, overview
from dsar.services.runtime.installation import reading
from dsar.services.upkeep.deadlines import watch
from dsar.services.views import tickets
from dsar.store.tickets import by_ref
from dsar.store.upkeep_tables import Alert
from tests.company import BEN, Company
from tests.services.inquiries.conftest import NOTHING, answer, inquiries


def raised(one: Company) -> list[tuple[str, str]]:
    with reading(one.installation) as session:
        rows = session.exec(select(Alert)).all()
    return sorted((r.day.isoformat(), r.name) for r in rows if r.name.startswith("inquiry"))


def test_a_week_and_two_days_before_and_when_it_is_over(office: Company) -> None:
    ref = office.ask(Right.ACCESS)
    office.work()  # asked on 2 March, wanted by 16 March
    seen = []
    for _ in range(16):
        watch(office.installation)
        watch(office.installation)
        seen.append(len(raised(office)))
        office.clock.turn(days=1)
    assert raised(office) == [
        ("2026-03-09", "inquiry_reminder"),
        ("2026-03-14", "inquiry_reminder"),
        ("2026-03-16", "inquiry_overdue"),
    ]
    assert [seen.index(number) for number in (1, 2, 3)] == [7, 12, 15]
    assert office.events(ref).count("alert") >= 3


def test_whoever_answered_is_not_reminded(cabinet: Company) -> None:
    cabinet.ask(Right.ACCESS)
    cabinet.work()
    answer(cabinet, inquiries(cabinet)[-1], NOTHING)
    cabinet.clock.turn(days=20)
    watch(cabinet.installation)
    assert raised(cabinet) == []


def test_nobody_is_reminded_for_a_ticket_that_has_ended(cabinet: Company) -> None:
    ref = cabinet.ask(Right.ACCESS)
    cabinet.work()
    cabinet.act(ref, Event.WITHDRAW)
    cabinet.clock.turn(days=20)
    watch(cabinet.installation)
    assert raised(cabinet) == []


RULES = InquirySettings()


@pytest.mark.parametrize(
    ("internal", "wanted"),
    [
        (None, date(2026, 3, 16)),              # two weeks, where the law names no day
        (date(2026, 4, 1), date(2026, 3, 16)),  # two weeks
        (date(2026, 3, 12), date(2026, 3, 9)),  # three days before our own target
        (date(2026, 3, 3), date(2026, 3, 3)),   # never before tomorrow
        (date(2026, 2, 1), date(2026, 3, 3)),
    ],
)  # fmt: skip
def test_an_answer_is_wanted_in_time_for_our_own_target(
    internal: date | None, wanted: date
) -> None:
    assert inquiry_rows.answer_by(date(2026, 3, 2), internal, RULES) == wanted


def test_staff_sees_who_was_asked_and_the_link_to_pass_on(cabinet: Company) -> None:
    ref = cabinet.ask(Right.ACCESS)
    cabinet.work()
    [row] = inquiries(cabinet)
    address = links.address(cabinet.installation, row.id)
    with reading(cabinet.installation) as session:
        ticket = by_ref(session, ref)
        [told] = overview.of_ticket(session, ticket)
        view = tickets.ticket_view(session, BEN, ticket)
    assert view.inquiries == (told,)
    assert (told.standing, told.whom, told.link) == ("waiting", "Facilities", address)
    assert f"Filing cabinet: Facilities to answer by 2026-03-16: {address}" in _words(view)
    cabinet.clock.turn(days=20)
    with reading(cabinet.installation) as session:
        assert overview.of_ticket(session, by_ref(session, ref))[0].standing == "overdue"
    answer(cabinet, row, NOTHING)
    with reading(cabinet.installation) as session:
        [told] = overview.of_ticket(session, by_ref(session, ref))
    assert (told.standing, told.link) == ("answered", None)


def test_without_a_public_address_no_source_may_answer_later(cabinet: Company) -> None:
    path = cabinet.folder / "dsar.toml"
    path.write_text(path.read_text().split("\n", 1)[1])
    with pytest.raises(BadInput, match=r"public_url: is missing, and the source cabinet"):
        cabinet.open()


@pytest.mark.parametrize("text", ["privacy.example.org", "ftp://x", "https://x?y", "https://x#y"])
def test_what_is_no_address_is_refused(cabinet: Company, text: str) -> None:
    path = cabinet.folder / "dsar.toml"
    path.write_text(f'public_url = "{text}"\n' + path.read_text().split("\n", 1)[1])
    with pytest.raises(BadInput, match="public_url"):
        cabinet.open()


def test_a_day_is_not_reminded_of_before_the_question_was_asked(cabinet: Company) -> None:
    """Asked four days before: the reminder of a week before has no meaning."""
    rules = RULES.model_copy(update={"answer_days": 4})
    cabinet.installation.settings = cabinet.installation.settings.model_copy(
        update={"inquiries": rules}
    )
    cabinet.ask(Right.ACCESS)
    cabinet.work()
    cabinet.clock.turn(days=2)
    watch(cabinet.installation)
    expected = (date(2026, 3, 6) - timedelta(days=2)).isoformat()
    assert raised(cabinet) == [(expected, "inquiry_reminder")]
