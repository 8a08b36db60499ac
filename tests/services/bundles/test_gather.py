"""The report says of the law, and of why something was kept, what the letters say, in one language."""

from typing import Any

import pytest

from dsar.domain.clock import StepKind
from dsar.domain.lifecycle import Event
from dsar.domain.rights import Right
from dsar.services.bundles import gather
from dsar.services.bundles.gather import BundleMaterial
from dsar.services.runtime.installation import transaction
from dsar.store.tables import Ticket
from dsar.store.tickets import by_ref
from tests.company import Company


def material_of(one: Company, ref: str) -> BundleMaterial:
    [ticket_id] = [ticket.id for ticket in one.rows(Ticket) if ticket.ref == ref]
    return gather.gather(one.installation, ticket_id)


def erased(one: Company, **how: Any) -> BundleMaterial:
    policy = one.folder / "policy.toml"
    both = 'because = { en = "Tax law.", de = "Steuerrecht." }'
    policy.write_text(policy.read_text().replace('because = "Tax law."', both))
    one.reopen()
    ref = one.ask(Right.ERASURE, **how)
    one.work()
    one.act(ref, Event.APPROVE)
    one.work()
    return material_of(one, ref)


@pytest.mark.parametrize(("language", "reason"), [("de-CH", "Steuerrecht."), ("en", "Tax law.")])
def test_why_something_was_kept_is_said_in_the_language_of_the_request(
    small: Company, language: str, reason: str
) -> None:
    lines = erased(small, language=language).contents.coverage
    assert {kept.because for line in lines for kept in line.kept} == {reason}


def test_the_law_is_named_and_cited_in_the_language_of_the_request(small: Company) -> None:
    law = material_of(small, small.ask(Right.CONSENT_WITHDRAWAL, language="de")).contents.law
    assert law.title == "Datenschutz-Grundverordnung (Europäische Union)"
    assert law.citation == "Art. 7 Abs. 3 DSGVO"
    assert law.complaint.startswith("die Datenschutz-Aufsichtsbehörde")
    assert "Art. 77 DSGVO" in law.remedy


def test_no_article_of_the_gdpr_is_cited_under_another_law(small: Company) -> None:
    law = material_of(small, small.ask(Right.ACCESS, regime="us_ca_ccpa")).contents.law
    assert law.citation == ""
    assert "California" in law.title


@pytest.mark.parametrize("extended", [True, False])
def test_the_report_says_why_the_time_was_extended_as_staff_said_it(
    small: Company, extended: bool
) -> None:
    ref, why = small.ask(Right.ACCESS), "Your data lies in two archives."
    if extended:
        small.act(ref, Event.EXTEND, reason=why, months=1)
    asked = material_of(small, ref).contents.request
    assert asked.extended_because == (why if extended else "")
    assert ("effective_due" in asked.clock) is extended


def test_the_day_is_explained_as_it_was_where_an_older_release_wrote_the_clock(
    small: Company,
) -> None:
    ref = small.ask(Right.ACCESS)
    before = material_of(small, ref).contents.request.explanation
    assert next(step.kind for step in before if step.kind) is StepKind.PERIOD
    with transaction(small.installation) as session:
        ticket = by_ref(session, ref)
        steps = [
            {k: s[k] for k in ("rule", "input", "result")} for s in ticket.clock["explanation"]
        ]
        ticket.clock = {**ticket.clock, "explanation": steps}
    assert material_of(small, ref).contents.request.explanation == before
