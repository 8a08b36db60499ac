"""What pytest gets from an installed dsar (entry point `pytest11`), so that an adapter's test is a
subclass of `AdapterContract` and two fixtures.

Failures show the values compared; every test of the contract carries the mark `dsar_contract`; a
subclass without its fixtures is told which; a broken promise is named in words with its version.
"""

from collections.abc import Iterator

import pytest

from dsar.sdk import VERSION

pytest.register_assert_rewrite("dsar.sdk.contract", "dsar.sdk.promises")

MARK = "dsar_contract"
_FIXTURES = {
    "adapter": "an adapter with a source of its own for every test",
    "world": "a World: whose records are in that source",
}


def pytest_configure(config: pytest.Config) -> None:
    """Declares the mark, for those who run pytest strictly."""
    config.addinivalue_line("markers", f"{MARK}: a promise every dsar adapter keeps")


def pytest_report_header() -> str:
    """The contract's version."""
    return f"dsar contract: {VERSION}"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks the promises, and refuses a class that cannot be tried."""
    for item in _promises(items):
        item.add_marker(MARK)
        for name, what in _FIXTURES.items():
            known = item._fixtureinfo.name2fixturedefs  # noqa: SLF001 - said nowhere else
            if name in item.fixturenames and not known.get(name):
                where = item.cls.__name__ if item.cls else item.name
                raise pytest.UsageError(f"{where} has no fixture {name}. Add one: {what}.")


def _promises(items: list[pytest.Item]) -> Iterator[pytest.Function]:
    from dsar.sdk.contract import AdapterContract

    for item in items:
        if isinstance(item, pytest.Function) and _is_promise(item, AdapterContract):
            yield item


def _is_promise(item: pytest.Function, contract: type) -> bool:
    mine = item.cls is not None and issubclass(item.cls, contract)
    return mine and item.originalname in vars(contract)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """Adds the promise in words to the report of one that was broken."""
    report: pytest.TestReport = yield  # type: ignore[assignment]
    if call.excinfo is not None and item.get_closest_marker(MARK) is not None:
        promise = item.name.partition("[")[0].removeprefix("test_").replace("_", " ")
        report.sections.append((f"promise of contract {VERSION}", promise))
    return report  # type: ignore[return-value]
