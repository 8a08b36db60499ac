"""Long values are values, and an identifier is found in whatever form a file holds it."""

import json
from pathlib import Path
from typing import Any

import pytest

from dsar.sdk import Subject
from dsar.sdk.settings import BadInput
from tests.adapters.files.people import batch, folder_of, found

LONG = "x" * 200_000
ANN = Subject.of([("email", "ann@example.com")])
PHONE = Subject.of([("phone", "+49300074321")])
UUID = "6ba7b810-9dad-11d1-80b4-00c04fd430c8"


def people(folder: Path, *rows: str) -> None:
    (folder / "people.csv").write_text("id,email\n" + "".join(f"{row}\n" for row in rows))


def test_a_field_of_200_000_characters_is_a_record_and_not_the_end_of_the_file(
    tmp_path: Path,
) -> None:
    text = f'id,email,note\n1,ann@example.com,{LONG}\n2,ann@example.com,"{LONG}\n{LONG}"\n'
    (tmp_path / "people.csv").write_text(text)
    source = folder_of(tmp_path, "people.csv")
    assert [len(record.data["note"]) for record in found(source)] == [200_000, 400_001]
    source.erase(batch("1"))
    assert [record.key for record in found(source)] == ["2"]


@pytest.mark.parametrize(
    ("kind", "stored", "wanted", "more"),
    [
        ("email", " Ann@Example.com\t", "ann@example.com", {}),
        ("email", "Ann@Example.com", "ann@example.com", {"fold": []}),
        ("phone", "+49 (0)30 007-43.21", "+49300074321", {}),
        ("phone", "030-0074321", "+49300074321", {"region": "DE"}),
        ("phone", "0049 30 0074321", "+49300074321", {"region": "DE"}),
        ("account", UUID.upper(), UUID, {}),
        ("account", f" {UUID}", UUID.upper(), {}),
        ("customer_number", " K-42 ", "K-42", {}),
        ("customer_number", "k-42", "K-42", {"fold": ["customer_number"]}),
        ("customer_number", "K-42", "k-42", {"fold": ["customer_number"]}),
    ],
)
@pytest.mark.parametrize("file", ["people.csv", "people.jsonl"])
def test_an_identifier_is_found_in_whatever_form_it_stands(
    tmp_path: Path, *, file: str, kind: str, stored: str, wanted: str, more: dict[str, Any]
) -> None:
    rows = [{"id": "1", "email": stored}, {"id": "2", "email": "bob@example.com"}]
    if file == "people.csv":
        people(tmp_path, *(f'{row["id"]},"{row["email"]}"' for row in rows))
    else:
        (tmp_path / file).write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    source = folder_of(tmp_path, file, identify={kind: "email"}, **more)
    assert [record.key for record in found(source, Subject.of([(kind, wanted)]))] == ["1"]


@pytest.mark.parametrize("stored", ["030 0074321", "+493000743210", "49300074321", "30 0074321"])
def test_a_number_that_may_be_anothers_is_not_found(tmp_path: Path, stored: str) -> None:
    people(tmp_path, f"1,{stored}")
    assert found(folder_of(tmp_path, "people.csv", identify={"phone": "email"}), PHONE) == []


def test_further_identifiers_come_in_their_normal_form(tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text("id,email,tel\n1,ann@example.com, 030-0074321\n")
    source = folder_of(tmp_path, "people.csv", region="DE", gives={"phone": "tel"})
    [page] = source.find(ANN)
    assert page.identifiers == (("phone", "+49300074321"),)


def test_a_country_whose_numbers_are_not_known_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"people\.region: is no country whose telephone numbers"):
        folder_of(tmp_path, "people.csv", region="Germany")


@pytest.mark.parametrize("path", ["user.mail", "users[].email"])
def test_a_path_under_which_no_row_holds_anything_is_named(tmp_path: Path, path: str) -> None:
    (tmp_path / "people.jsonl").write_text('{"id": 1, "users": [{"email": "ann@example.com"}]}\n')
    source = folder_of(tmp_path, "people.jsonl", identify={"email": path})
    told = [problem.problem for problem in source.check() if problem.field.endswith("identify")]
    assert len(told) == (path == "user.mail")
    assert len(found(source)) == (path != "user.mail")


def test_a_path_that_can_never_match_is_refused(tmp_path: Path) -> None:
    (tmp_path / "people.jsonl").write_text('{"id": 1, "email": ["ann@example.com"]}\n')
    source = folder_of(tmp_path, "people.jsonl", identify={"email": "email.0"})
    assert "a place in a list" in " ".join(map(str, source.check()))
