"""Companies with a scripted helpdesk beside the shop and the mailing list."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.company import BY_HAND, Company, company
from tests.scripted import Script

Make = Callable[..., Company]


@pytest.fixture
def desk() -> Script:
    """What the helpdesk holds; a test fills it and says how it behaves."""
    return Script()


@pytest.fixture
def make(tmp_path: Path, copied_url: str, desk: Script) -> Iterator[Make]:
    """Makes the company with the helpdesk as a source of a given class."""
    with ExitStack() as stack:

        def made(
            kind: str = "Scripted", *, review: str = BY_HAND, url: str = copied_url
        ) -> Company:
            return stack.enter_context(
                company(
                    tmp_path, url, review=review, scripts={"desk": desk}, adapters={"desk": kind}
                )
            )

        yield made
