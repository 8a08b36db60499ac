"""No date passes unnoticed: every threshold is raised once, whoever watches and whenever."""

import threading
from collections import Counter
from datetime import date

from dsar.domain.lifecycle import Event
from dsar.domain.rights import Right
from dsar.services.runtime.installation import reading
from dsar.services.upkeep import deadlines
from dsar.store.upkeep_tables import Alert
from tests.company import Company


def raised(small: Company) -> Counter[str]:
    return Counter(row.name for row in small.rows(Alert))


def test_each_threshold_is_raised_once_however_often_somebody_watches(small: Company) -> None:
    small.file(Right.ACCESS)
    small.clock.turn(days=17)
    for _ in range(3):
        deadlines.watch(small.installation)
    assert raised(small) == Counter(half_time=1)


def test_after_three_days_without_anybody_everything_passed_is_raised_at_once(
    small: Company,
) -> None:
    """Due on 2 April; from 30 March to 3 April nobody was there."""
    ref = small.file(Right.ACCESS)
    small.clock.turn(days=28)
    deadlines.watch(small.installation)
    before = raised(small)
    small.clock.turn(days=4)
    deadlines.watch(small.installation)
    assert raised(small) - before == Counter(extension_ends=1, three_days=1, one_day=1, overdue=1)
    assert small.events(f"{ref}-1").count("alert") == raised(small).total()


def test_overdue_is_raised_again_every_day_it_lasts(small: Company) -> None:
    small.file(Right.ACCESS)
    small.clock.turn(days=33)
    for _ in range(3):
        deadlines.watch(small.installation)
        deadlines.watch(small.installation)
        small.clock.turn(days=1)
    days = [row.day for row in small.rows(Alert) if row.name == "overdue"]
    assert sorted(days) == [date(2026, 4, 4), date(2026, 4, 5), date(2026, 4, 6)]


def test_two_watchers_at_the_same_instant_raise_each_threshold_once(small: Company) -> None:
    for _ in range(5):
        small.file(Right.ACCESS)
    small.clock.turn(days=33)
    start = threading.Barrier(4)

    def watch() -> None:
        start.wait()
        deadlines.watch(small.installation)

    threads = [threading.Thread(target=watch) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(raised(small).values()) == {5}


def test_an_extended_date_is_watched_anew(small: Company) -> None:
    ref = f"{small.file(Right.ACCESS)}-1"
    small.clock.turn(days=17)
    deadlines.watch(small.installation)
    small.act(ref, Event.EXTEND, ground="complexity_and_number", months=2)
    small.clock.turn(days=40)
    deadlines.watch(small.installation)
    days = sorted(row.day for row in small.rows(Alert) if row.name == "half_time")
    assert days == [date(2026, 4, 2), date(2026, 6, 2)]


def test_a_clock_that_has_not_started_and_a_ticket_that_ended_are_not_watched(
    small: Company,
) -> None:
    """In the United Kingdom the period begins with the proof that was asked for."""
    waiting = f"{small.file(Right.ACCESS, regime='uk_gdpr')}-1"
    ended = f"{small.file(Right.ACCESS)}-1"
    small.act(waiting, Event.ASK_IDENTITY)
    small.act(ended, Event.WITHDRAW)
    small.clock.turn(days=60)
    deadlines.watch(small.installation)
    assert raised(small) == Counter()


def test_what_is_overdue_and_what_nobody_watched_can_be_asked(small: Company) -> None:
    ref = small.file(Right.ACCESS)
    small.clock.turn(days=40)
    standing = deadlines.standing(small.installation)
    assert standing.overdue == (f"{ref}-1",)
    assert standing.unwatched > 0
    deadlines.watch(small.installation)
    assert deadlines.standing(small.installation).unwatched == 0


def test_who_is_asked_for_proof_is_reminded_once_then_lapses_visibly_and_revives(
    small: Company,
) -> None:
    request = small.file(Right.ACCESS)
    ref = f"{request}-1"
    small.act(ref, Event.ASK_IDENTITY)
    for _ in range(28):
        small.clock.turn(days=1)
        deadlines.remind(small.installation)
    assert small.events(ref).count("remind") == 1
    assert small.state(ref) == "awaiting_identity"
    small.clock.turn(days=3)
    deadlines.remind(small.installation)
    assert small.state(ref) == "lapsed"
    assert "lapsed" in small.letters(ref)
    small.confirm(request)
    assert small.state(ref) not in {"lapsed", "awaiting_identity"}


def test_the_calendar_file_has_every_open_due_date_and_no_name(small: Company) -> None:
    ref = small.file(Right.ACCESS)
    small.act(f"{small.file(Right.ERASURE)}-1", Event.WITHDRAW)
    with reading(small.installation) as session:
        text = deadlines.calendar(session)
    assert text.count("BEGIN:VEVENT") == 1
    assert f"{ref}-1" in text
    assert "DTSTART;VALUE=DATE:20260402" in text
    assert "lotta" not in text.lower()
