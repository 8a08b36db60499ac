"""`dsar source check`: one line for each thing that is wrong, and the exit code of a refusal."""

from tests.cli.conftest import Cli


def test_data_no_activity_names_is_a_finding(dsar: Cli) -> None:
    """It would show at the bundle only, when the person's data has been collected already."""
    policy = dsar.folder / "policy.toml"
    policy.write_text(policy.read_text().replace('"shop.invoices"', '"shop.customers.street"'))
    said = dsar("source", "check")
    assert (said.code, said.err) == (1, "")
    assert said.out.startswith("shop: policy: no activity names shop.invoices")
    assert 'Add "shop.invoices" to the data of the activity' in said.out
    assert dsar("source", "check", "mailing", "--json").json == {"mailing": []}


def test_where_all_is_well_the_sources_are_counted(dsar: Cli) -> None:
    assert dsar("source", "check").out == "2 sources, all as declared.\n"
    assert dsar("source", "check", "shop").out == "1 source, as declared.\n"


CIRCLE = """
[cabinet]
adapter = "manual"
title = "Filing cabinet"
who = "Facilities"
identify = ["email", "card"]
gives = ["number"]
ask = "Look through the grey cabinet."
[lockers]
adapter = "manual"
title = "Lockers"
who = "Facilities"
identify = ["number"]
gives = ["card"]
ask = "Look through the lockers."
"""

FILING = """
[activities.filing]
title = "Filing"
purpose = "To keep contracts."
basis = "legitimate_interests"
data = ["cabinet.files", "lockers.files"]
retention = { because = "As long as it is useful." }
"""


def add(dsar: Cli, file: str, text: str) -> None:
    path = dsar.folder / file
    path.write_text(path.read_text() + text)


def test_sources_that_lead_to_each_other_are_named_and_are_no_fault(dsar: Cli) -> None:
    add(dsar, "sources.toml", CIRCLE)
    add(dsar, "policy.toml", FILING)
    settings = dsar.folder / "dsar.toml"
    settings.write_text(f'public_url = "https://x.example"\n{settings.read_text()}')
    said = dsar("source", "check", "cabinet")
    assert said.code == 0
    assert said.out == (
        "1 source, as declared.\ncabinet, lockers give each other identifiers: each is asked again "
        "when another brings an identifier it is searched by.\n"
    )
    gives = {row["name"]: row["gives"] for row in dsar("source", "list", "--json").json}
    assert (gives["cabinet"], gives["lockers"]) == (["number"], ["card"])
    assert "give each other" not in dsar("source", "check", "mailing").out
