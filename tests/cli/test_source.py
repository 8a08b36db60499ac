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
