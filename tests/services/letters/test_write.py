"""What a person of a small company is told, in which wording, and what staff sees of that."""

from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pytest

from dsar.domain.errors import BadInput
from dsar.domain.lifecycle import Event
from dsar.domain.rights import Right
from dsar.services.letters import WrittenLetter
from dsar.services.letters.words import PARTS
from dsar.services.runtime.installation import reading
from dsar.services.upkeep.doctor import CHECKS, Trouble
from dsar.services.views import tickets
from dsar.store.tables import Letter
from dsar.store.tickets import by_ref
from dsar.words import FOLDER, ours
from tests.company import BEN, Company

OWN = """Ihr Anliegen {{ reference }}

Sehr geehrte Damen und Herren, wir lehnen ab: {{ reasons | join("; ") }}
{{ complaint }}
{{ remedy }}
"""


def lay(one: Company, text: str, *, language: str = "de", kind: str = "refused") -> Path:
    """The company's own letter in its folder, and the company after a restart."""
    file = one.folder / "wording" / "letters" / language / f"{kind}.txt"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    settings = one.folder / "dsar.toml"
    if "[wording]" not in settings.read_text():
        settings.write_text(settings.read_text() + '\n[wording]\nletters = "wording/letters"\n')
    one.reopen()
    return file


def refuse(one: Company, *, language: str = "de") -> str:
    ref = one.ask(Right.ACCESS, language=language)
    one.act(ref, Event.REFUSE, ground="refusal_excessive", reason="Fünfmal in diesem Monat.")
    return ref


def told(one: Company, ref: str, kind: str = "refused") -> WrittenLetter:
    with reading(one.installation) as session:
        found = tickets.letters_view(session, BEN, by_ref(session, ref))
    return next(letter for letter in found if letter.kind == kind)


def doctor(one: Company) -> str:
    return CHECKS["letters"](one.installation)


def test_a_request_in_german_is_answered_in_german(small: Company) -> None:
    letter = told(small, refuse(small, language="de-AT"))
    assert letter.language == "de"
    assert letter.note == ""
    assert "Antrag vom 2. März 2026" in letter.text
    assert "- Art. 12 Abs. 5 Satz 2 Buchst. b DSGVO: exzessiver Antrag" in letter.text
    assert "- Fünfmal in diesem Monat." in letter.text


def test_a_language_without_letters_is_answered_in_english_and_staff_sees_it(
    small: Company,
) -> None:
    letter = told(small, refuse(small, language="sv"))
    assert letter.language == "en"
    assert letter.text.startswith("Good day")
    assert letter.note.startswith("Asked in Swedish, written in English: ")


def test_a_letter_keeps_which_wording_made_it(either: Company) -> None:
    """The first hash is that of the letter's file, as `sha256sum` gives it; the second of its words."""
    either.ask(Right.ACCESS, language="de")
    [row] = [letter for letter in either.rows(Letter) if letter.kind == "received"]
    letter, words = row.wording.split()
    file = FOLDER / "de" / "letters" / "received.txt"
    assert letter == sha256(file.read_bytes()).hexdigest()
    assert words == ours().offered["de"].words(*PARTS).sha256
    assert row.fault == ""


def test_the_houses_own_letter_is_sent_and_its_file_can_be_proven(small: Company) -> None:
    file = lay(small, OWN)
    letter = told(small, refuse(small))
    assert letter.subject.startswith("Ihr Anliegen R-")
    assert letter.text.startswith("Sehr geehrte Damen und Herren, wir lehnen ab: Art. 12 Abs. 5")
    assert letter.note == ""
    assert letter.wording.split()[0] == sha256(file.read_bytes()).hexdigest()
    assert doctor(small) == "1 in our own wording, all say what the law demands."


def test_what_was_read_at_the_start_is_used_until_the_next(small: Company) -> None:
    file = lay(small, OWN)
    file.write_text("broken {{")
    assert told(small, refuse(small)).subject.startswith("Ihr Anliegen")
    small.reopen()
    assert told(small, refuse(small)).subject.startswith("Unsere Antwort")


def test_a_letter_at_fault_stops_no_ticket_and_staff_sees_why(small: Company) -> None:
    lay(small, OWN.replace("{{ remedy }}", ""))
    ref = refuse(small)
    assert small.state(ref) == "refused"
    letter = told(small, ref)
    assert letter.subject.startswith("Unsere Antwort")
    assert "Art. 79 DSGVO" in letter.text
    assert letter.note.startswith(
        "Not in our own wording: wording/letters/de/refused.txt, line 4: The law demands remedy"
    )
    with pytest.raises(Trouble) as wrong:
        doctor(small)
    assert wrong.value.why[0].startswith("wording/letters/de/refused.txt, line 4: ")
    assert wrong.value.why[1].startswith("In the last 7 days 1 letter was not written in our own")


def test_the_doctor_forgets_such_letters_after_a_week(small: Company) -> None:
    file = lay(small, OWN.replace("{{ remedy }}", ""))
    refuse(small)
    file.write_text(OWN)
    small.reopen()
    with pytest.raises(Trouble):
        doctor(small)
    small.clock.now += timedelta(days=8)
    assert doctor(small).startswith("1 in our own wording")


def test_a_folder_that_is_not_there_keeps_the_house_shut(small: Company) -> None:
    settings = small.folder / "dsar.toml"
    settings.write_text(settings.read_text() + '\n[wording]\nletters = "nowhere"\n')
    with pytest.raises(BadInput, match=r"wording\.letters: nowhere is no folder"):
        small.open()


def test_what_a_policy_says_in_german_is_said_in_german(small: Company) -> None:
    """The ledger keeps why something stays in English; the letter finds the same in its language."""
    policy = small.folder / "policy.toml"
    policy.write_text(
        policy.read_text().replace(
            'because = "Tax law."', 'because = { en = "Tax law.", de = "Steuerrecht." }'
        )
    )
    small.reopen()
    ref = small.ask(Right.ERASURE, language="de")
    small.work()
    small.act(ref, Event.APPROVE)
    small.work(render=True)
    small.act(ref, Event.DELIVER_PART, reason="")
    letter = told(small, ref, "partly_delivered")
    assert "- Web shop, 1 Datensatz: Steuerrecht. (bis zum " in letter.text
    assert "- Steuerrecht." in letter.text
    assert "Tax law" not in letter.text
