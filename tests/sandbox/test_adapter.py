"""A stranger's adapter may hang, eat, die or lie: the engine's process goes on and names it."""

import logging
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import structlog

from dsar.config.sources import Source, load
from dsar.domain.errors import BadInput
from dsar.sandbox import pool
from dsar.sandbox.pool import NURSERY, Defect, ProcessStopped
from dsar.sdk import Batch, Done, Item, Later, Limits, NeedsHuman, Receipt, Subject, can
from dsar.services.upkeep import logs
from tests.sandbox.strange import FILE, PERSON, Inner, Settings, Strange
from tests.servers import wait_until

LOTTA = Subject.of([("email", PERSON)])
QUICK = Limits(page_seconds=60.0, memory_mb=200, processor_seconds=1)


@pytest.fixture(autouse=True)
def _no_child_is_left() -> Iterator[None]:
    yield
    NURSERY.empty()


def source(does: str = "answer", limits: Limits = QUICK, **more: Any) -> Source:
    return Source("strange", "S", Strange, Settings(does, **more), isolated=True, limits=limits)


def test_it_is_an_adapter_like_any_other(tmp_path: Path) -> None:
    """Same pages, same receipts, same dictionary as in the engine's own process."""
    there, here = source(note=tmp_path / "note"), Strange(Settings())
    with there.open() as adapter:
        assert list(adapter.find(LOTTA)) == list(here.find(LOTTA))
        assert list(adapter.find(LOTTA, "1")) == list(here.find(LOTTA, "1"))
        assert adapter.collections() == here.collections()
        assert (adapter.identifies_by, adapter.gives) == (("email",), ("customer_number",))
        batch = Batch("notes", [Item("1", ("text",)), Item("2", (), {"text": None})], "k", ("p",))
        assert list(adapter.erase(batch)) == list(here.erase(batch))  # type: ignore[attr-defined]
        assert can(adapter, "erase")
        assert not can(adapter, "restrict")
        assert isinstance(adapter.settings, type(adapter).Settings)
        assert (adapter.name, adapter.title, adapter.repeatable) == ("strange", here.title, True)
    assert (tmp_path / "note").read_text() == "closed"
    assert there.needs == {"email"}


def test_attachments_come_as_a_stream_while_a_search_stands_open() -> None:
    with source().open() as adapter:
        pages = adapter.find(LOTTA)
        (record,) = next(pages).records
        blocks = list(adapter.read(record.collection, record.key, record.attachments[0]))
        assert b"".join(blocks) == b"".join(Strange(Settings()).read("notes", "1", FILE))
        assert max(map(len, blocks)) <= 1 << 20
        assert [page.records[0].key for page in pages] == ["2"]


def test_it_gets_its_settings_and_none_of_our_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DSAR_DATABASE", "postgresql://secret")
    monkeypatch.setenv("PGPASSWORD", "secret")
    with source(inner=Inner(words=("b", "c"))).open() as adapter:
        (told,) = adapter.check()
    assert set(told.problem.split()) <= pool.ENVIRONMENT | {"LC_CTYPE", "LC_ALL"}
    assert told.mend == "('b', 'c')"


FAILURES = {
    "hang": "It did not answer within 1 s and was stopped.",
    "spin": "It used more than 1 s of processor time and was stopped.",
    "eat": "It used more than 200 MB and was stopped.",
    "eat_at_once": "It used more than 200 MB and was stopped.",
    "eat_beside_the_heap": "It used more than 200 MB and was stopped.",
    "kill": "Its process ended by signal 9.",
    "leave": "Its process ended with status 3.",
    "crash": "Its process ended by signal 11.",
    "exit": "It failed with SystemExit; an operator finds it in the log.",
    "raise": "It failed with ValueError; an operator finds it in the log.",
    "text": "It failed with TypeError; an operator finds it in the log.",
}


@pytest.mark.parametrize("does", FAILURES)
def test_whatever_it_does_has_a_name_and_leaves_no_process(does: str) -> None:
    limits = Limits(
        page_seconds=2.0 if does == "hang" else 60.0, memory_mb=200, processor_seconds=1
    )
    reason = FAILURES[does].replace("1 s and", "2 s and") if does == "hang" else FAILURES[does]
    with source(does, limits).open() as adapter:
        pages = adapter.find(LOTTA)
        assert next(pages).records[0].key == "1"
        with pytest.raises(ProcessStopped) as stopped:
            next(pages)
        child = adapter._child  # type: ignore[attr-defined]
    assert stopped.value.reason == reason
    assert isinstance(stopped.value, Defect) is ("failed with" in reason)
    assert PERSON not in str(stopped.value)
    NURSERY.empty()
    assert not Path(f"/proc/{child.pid}").exists()


def test_it_may_break_when_it_is_opened_and_is_tried_afresh_the_next_time() -> None:
    for does, reason in (("kill", "ended by signal 9"), ("raise", "failed with ValueError")):
        for _ in range(2):
            with pytest.raises(ProcessStopped, match=reason), source(f"opening {does}").open():
                pass
    with pytest.raises(NeedsHuman, match="Renew"), source("opening person").open():
        pass
    assert source("opening hang", Limits(page_seconds=1.0)).needs == frozenset()


def test_the_two_named_failures_come_through_as_they_are() -> None:
    with source("later").open() as adapter, pytest.raises(Later) as later:
        list(adapter.find(LOTTA))
    assert (later.value.reason, later.value.wait, later.value.checkpoint) == (
        "Started.",
        5,
        "job 7",
    )
    with source("person").open() as adapter, pytest.raises(NeedsHuman, match="Renew the password"):
        list(adapter.find(LOTTA))


@pytest.mark.parametrize(
    ("does", "words"),
    [("bytes", "bytes, which is no JSON value"), ("big", "more than 1 MB at once")],
)
def test_what_cannot_be_sent_is_named(does: str, words: str) -> None:
    with source(does, Limits(page_mb=1)).open() as adapter, pytest.raises(NeedsHuman, match=words):
        list(adapter.find(LOTTA))


def test_an_answer_that_is_none_is_not_believed() -> None:
    with source("garbled").open() as adapter, pytest.raises(ProcessStopped, match="cannot be read"):
        list(adapter.erase(Batch("notes", [Item("1")], "k")))  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("does", "failure"),
    [("later", Later), ("person", NeedsHuman), ("exit", ProcessStopped), ("kill", ProcessStopped)],
)
def test_receipts_that_were_given_before_a_failure_come_through(
    does: str, failure: type[Exception]
) -> None:
    batch = Batch("notes", [Item(str(number)) for number in range(5)], "k")
    with source(f"twice {does}").open() as adapter:
        receipts = adapter.erase(batch)  # type: ignore[attr-defined]
        assert [next(receipts).key, next(receipts).key] == ["0", "1"]
        with pytest.raises(failure):
            next(receipts)


def test_what_it_prints_and_logs_is_not_passed_on() -> None:
    out = StringIO()
    logs.configure(out=out)
    try:
        with source("log").open() as adapter:
            assert len(list(adapter.find(LOTTA))) == 2
    finally:
        structlog.reset_defaults()
        logging.basicConfig(force=True)
    told = out.getvalue()
    assert PERSON not in told
    assert "what about" not in told
    assert told.count("strange.inside") == 2
    assert '"where": "strange.py:' in told


def test_a_child_serves_one_task_after_the_other() -> None:
    """Starting costs a tenth of a second; the second task costs next to nothing."""
    pids, began = set(), time.process_time()
    for _ in range(20):
        with source().open() as adapter:
            pids.add(adapter._child.pid)  # type: ignore[attr-defined]
            list(adapter.find(LOTTA))
    assert len(pids) == 1
    assert time.process_time() - began < 3


def test_two_tasks_at_once_have_a_child_each() -> None:
    with source().open() as one, source().open() as two:
        assert one._child.pid != two._child.pid  # type: ignore[attr-defined]
        assert list(one.find(LOTTA)) == list(two.find(LOTTA))


def test_a_child_that_ended_while_it_was_idle_is_replaced() -> None:
    with source().open() as adapter:
        child = adapter._child  # type: ignore[attr-defined]
    os.kill(child.pid, 9)
    with source().open() as adapter:
        assert list(adapter.find(LOTTA))


def test_a_search_that_is_broken_off_leaves_the_child_of_use() -> None:
    with source().open() as adapter:
        next(adapter.find(LOTTA))
        pages = adapter.find(LOTTA)
        next(pages)
        pages.close()  # type: ignore[attr-defined]
        assert len(list(adapter.find(LOTTA))) == 2


def test_what_it_started_is_stopped_with_it() -> None:
    with source("others", Limits(page_seconds=2.0)).open() as adapter:
        child = adapter._child  # type: ignore[attr-defined]
        with pytest.raises(ProcessStopped):
            list(adapter.find(LOTTA))
    assert _group(child.pid) == []


def _group(leader: int) -> list[str]:
    found = subprocess.run(
        ["ps", "-o", "pid=,stat=", "-s", str(leader)], capture_output=True, text=True, check=False
    )
    return [line for line in found.stdout.splitlines() if "Z" not in line]


_ENGINE = """
import sys, time
from dsar.sdk import Limits, Subject
from dsar.config.sources import Source
from tests.sandbox.strange import Settings, Strange
with Source("s", "S", Strange, Settings("spin"), isolated=True, limits=Limits()).open() as adapter:
    pages = adapter.find(Subject.of([("email", "a@b.example")]))
    next(pages)
    print(adapter._child.pid, flush=True)
    next(pages)
"""


def test_it_ends_when_the_engine_is_killed() -> None:
    """Also when it is stuck and reads nothing any more."""
    root = Path(__file__).parents[2]
    engine = subprocess.Popen(
        [sys.executable, "-c", _ENGINE], cwd=root, stdout=subprocess.PIPE, text=True
    )
    assert engine.stdout is not None
    with engine:
        pid = int(engine.stdout.readline())
        time.sleep(0.2)
        assert Path(f"/proc/{pid}").exists()
        engine.kill()
        engine.wait()
    wait_until(lambda: _group(pid) == [], seconds=30, what="the end of the child")


# --- as it is configured --------------------------------------------------------------------------

OWN = "tests.sandbox.strange:Strange"


def configured(folder: Path, text: str) -> Source:
    (folder / "sources.toml").write_text(text)
    return load(folder / "sources.toml")["one"]


def test_strangers_run_apart_and_the_built_in_ones_do_not(tmp_path: Path) -> None:
    assert configured(tmp_path, f'[one]\nadapter = "{OWN}"').isolated
    assert not configured(tmp_path, f'[one]\nadapter = "{OWN}"\nisolated = false').isolated
    assert not configured(
        tmp_path, '[one]\nadapter = "sql"\nurl = "sqlite:///x"\ntables = {}'
    ).isolated


def test_limits_are_read_strictly(tmp_path: Path) -> None:
    text = f'[one]\nadapter = "{OWN}"\n[one.limits]\n'
    assert configured(tmp_path, text + "memory_mb = 64\npage_seconds = 2").limits == Limits(
        memory_mb=64, page_seconds=2
    )
    with pytest.raises(BadInput, match=r"sources.one.limits.colour: is not a setting"):
        configured(tmp_path, text + "colour = 1")
    with pytest.raises(BadInput, match=r"sources.one.limits.depth: is no positive number"):
        configured(tmp_path, text + "depth = 0")
    with pytest.raises(BadInput, match=r"sources.one.isolated: is neither true nor false"):
        configured(tmp_path, f'[one]\nadapter = "{OWN}"\nisolated = 1')


def test_receipts_are_values_of_the_sdk() -> None:
    with source().open() as adapter:
        (receipt,) = adapter.erase(Batch("notes", [Item("1")], "k"))  # type: ignore[attr-defined]
    assert receipt == Receipt("notes", "1", Done.ERASED)
