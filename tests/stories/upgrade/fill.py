"""Fills a database with work in flight through the commands of some commit's code, and packs it.

    python -m tests.stories.upgrade.fill TREE

TREE is a checkout of the commit (`git worktree add TREE 381b770`). What `test_upgrade` starts from
was made so; a newer one is made when a release has changed what is stored. Each ticket is named
after where it was left.
"""

import gzip
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from tests.stories.upgrade.packed import CONFIG, PACKED, configure, empty_shop

_RUN = "from dsar.cli import main; main()"
BY = ("--by", "ana", "--reason", "looked at")


class Filled:
    """The company under the old code, and the tickets that were begun in it, by their names."""

    def __init__(self, folder: Path, tree: Path) -> None:
        self.folder, self.tree = folder, tree
        self.refs: dict[str, str] = {}
        self.cases: dict[str, list[tuple[str, dict[str, str]]]] = {}

    def start(self, *words: str) -> "subprocess.Popen[str]":
        """One command of the old code, as somebody types it."""
        path = os.pathsep.join((str(self.tree), str(self.folder)))
        return subprocess.Popen(
            [sys.executable, "-c", _RUN, "--config", str(self.folder / "dsar.toml"), *words],
            env={**os.environ, "PYTHONPATH": path},
            cwd=self.tree,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def run(self, *words: str) -> Any:
        """What the command printed as JSON; 1 is how it says that a ticket stands."""
        with self.start(*words, "--json") as command:
            said, _ = command.communicate()
        if command.returncode not in {0, 1} or not said:
            raise SystemExit(f"{' '.join(words)} ended with {command.returncode}")
        return json.loads(said)

    def kill(self, *words: str, once: Callable[[], bool]) -> None:
        """Lets a command begin its work and kills it in the midst of it."""
        command = self.start(*words)
        while not once():
            time.sleep(0.1)
        os.killpg(command.pid, signal.SIGKILL)
        command.communicate()

    def mood(self, text: str = "") -> None:
        (self.folder / "helpdesk" / "mood").write_text(text)

    def file(self, name: str, *rights: str, **more: str) -> str:
        """One request of a person of its own, who is in the shop and in the helpdesk."""
        person, number = name.replace("_", "-"), len(self.refs) + 1
        address = f"{person}@mail.example"
        with closing(sqlite3.connect(self.folder / "shop.sqlite")) as shop, shop:
            values = (number, f"K-{number:03}", address, person.title())
            shop.execute("INSERT INTO customers VALUES (?, ?, ?, ?, 0, 1)", values)
        self.cases[address] = [(f"H-{number}", {"topic": "Delivery"})]
        if "text" in more:
            self.cases[address].append((f"H-{number}b", {"text": more.pop("text")}))
        (self.folder / "helpdesk" / "cases.json").write_text(json.dumps(self.cases))
        words = [word for right in rights for word in ("--right", right)]
        words += ["--identifier", f"email={address}"]
        for option, value in more.items():
            words += [f"--{option}", value]
        request = self.run("request", "new", *words)
        self.refs[name] = request["tickets"][0]["ref"]
        return self.refs[name]

    def confirmed(self, name: str, *rights: str, **more: str) -> str:
        """A request whose person somebody called back; it waits to be accepted."""
        ref = self.file(name, *rights, **more)
        self.run("request", "confirm", ref.rpartition("-")[0], *BY)
        return ref

    def reviewed(self, name: str, *rights: str, **more: str) -> str:
        """A request that was accepted and searched for."""
        ref = self.confirmed(name, *rights, **more)
        self.act(ref, "accept", "--wait")
        return ref

    def act(self, ref: str, event: str, *more: str) -> Any:
        return self.run("ticket", "act", ref, event, *BY, *more)

    def read(self, statement: str) -> Any:
        with closing(sqlite3.connect(self.folder / "dsar.sqlite")) as database:
            return database.execute(statement).fetchone()[0]

    def leased(self, kind: str) -> Callable[[], bool]:
        """Whether a task of that kind is being worked on, and has been for a moment."""
        seen: list[float] = []

        def holds() -> bool:
            state = f"SELECT count(*) FROM task WHERE kind = '{kind}' AND state = 'leased'"
            if self.read(state) and not seen:
                seen.append(time.monotonic())
            return bool(seen) and time.monotonic() - seen[0] > 3

        return holds


def _before_the_search(it: Filled) -> None:
    it.file("received", "access")
    it.act(it.file("awaiting_identity", "erasure"), "ask_identity")
    it.confirmed("verified", "portability")
    it.act(it.confirmed("awaiting_clarification", "access"), "ask_clarification")
    it.act(it.confirmed("awaiting_fee", "access"), "ask_fee")
    it.act(it.confirmed("refused", "access"), "refuse", "--ground", "refusal_excessive")
    it.act(it.confirmed("withdrawn", "erasure"), "withdraw")
    it.act(it.confirmed("extended", "rectification", correct="family_name=Kern"), "extend")


def _in_review(it: Filled) -> None:
    it.reviewed("in_review", "restriction")
    it.reviewed("in_review_with_doubts", "access", text="Asked what Bo ordered.")
    ref = it.reviewed("in_review_with_a_ruling", "access", text="Asked what Cy ordered.")
    key = f"H-{len(it.refs)}b"
    it.act(ref, "revise", "--rule", f"helpdesk.cases:{key}.text=withhold:rights_of_others")
    it.reviewed("decision_by_person", "automated_decision_review")
    ref = it.reviewed("copy_before_erasure", "access", "erasure")
    it.act(ref.removesuffix("1") + "2", "accept")  # and waits until the copy was handed over


def _stuck(it: Filled) -> None:
    ref = it.confirmed("awaiting_an_answer", "access", identifier="personnel_number=77")
    it.act(ref, "accept")
    it.mood("find asks for a person")
    it.reviewed("source_failed", "access")
    ref = it.reviewed("partly_fulfilled", "access")
    it.mood()
    it.act(ref, "accept_gap", "--wait")
    it.act(ref, "approve", "--wait")
    it.act(ref, "deliver_part")
    it.run("ticket", "supplement", ref, *BY, "--source", "helpdesk")
    ref = it.reviewed("action_failed", "erasure")
    it.mood("erase asks for a person")
    it.act(ref, "approve", "--wait")
    it.mood()
    ref = it.reviewed("under_a_hold", "erasure")
    it.act(ref, "approve")
    who = ("--identifier", "email=under-a-hold@mail.example")
    it.run("hold", "place", *who, "--by", "ana", "--reason", "A claim is pending.")
    it.act(it.refs["in_review"], "extend", "--wait")  # whoever waits does the work of all


def _ended_and_ready(it: Filled) -> None:
    ref = it.reviewed("fulfilled", "erasure")
    it.act(ref, "approve", "--wait")
    it.act(ref, "deliver")
    ref = it.reviewed("restricted", "restriction")
    it.act(ref, "approve", "--wait")
    it.act(ref, "deliver")
    it.run("ticket", "lift", ref, *BY)
    it.act(it.reviewed("assembly_failed", "access", language="fr"), "approve", "--wait")
    it.act(it.reviewed("ready", "access"), "approve", "--wait")


def _killed(it: Filled) -> None:
    """What nobody works on any more, and nobody has given up: the last, or others would take it."""
    erasing = it.reviewed("acting", "erasure")
    searched = it.confirmed("collecting", "access")
    assembling = it.reviewed("assembling", "access")
    it.mood("erase hangs")
    it.kill("ticket", "act", erasing, "approve", *BY, "--wait", once=it.leased("act"))
    it.mood("find hangs")
    it.kill("ticket", "act", searched, "accept", *BY, "--wait", once=it.leased("search"))
    it.mood()
    it.act(assembling, "approve")


PARTS: Sequence[Callable[[Filled], None]] = (
    _before_the_search,
    _in_review,
    _stuck,
    _ended_and_ready,
    _killed,
)


def fill(folder: Path, tree: Path) -> Filled:
    """Every ticket, left where its name says."""
    (folder / "helpdesk").mkdir(parents=True)
    configure(folder, f"sqlite:///{folder / 'dsar.sqlite'}")
    empty_shop(folder)
    shutil.copy(CONFIG / "old_helpdesk.py", folder)
    it = Filled(folder, tree)
    it.mood()
    it.run("db", "upgrade")
    for name, role in (("ana", "officer"), ("ben", "reviewer")):
        it.run("staff", "add", name, "--role", role)
    for part in PARTS:
        part(it)
    return it


def _state(it: Filled, ref: str) -> str:
    return str(it.read(f"SELECT state FROM ticket WHERE ref = '{ref}'"))


def pack(it: Filled) -> None:
    """Writes down what the old code left behind; of the bundles those not handed over yet."""
    shutil.rmtree(PACKED, ignore_errors=True)
    PACKED.mkdir()
    for name in ("dsar", "shop"):
        with closing(sqlite3.connect(it.folder / f"{name}.sqlite")) as database:
            text = "\n".join(database.iterdump())
        (PACKED / f"{name}.sql.gz").write_bytes(gzip.compress(text.encode(), mtime=0))
    kept = (
        "SELECT path FROM bundle JOIN ticket ON ticket.id = ticket_id WHERE ticket.state = 'ready'"
    )
    for name in (it.read(kept), "keys/dsar.key"):
        (PACKED / "var" / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(it.folder / "var" / name, PACKED / "var" / name)
    shutil.copytree(it.folder / "helpdesk", PACKED / "helpdesk")
    tickets = {name: {"ref": ref, "state": _state(it, ref)} for name, ref in it.refs.items()}
    (PACKED / "tickets.json").write_text(json.dumps(tickets, indent=1) + "\n")


def main() -> None:
    [tree] = sys.argv[1:]
    with tempfile.TemporaryDirectory() as place:
        it = fill(Path(place) / "company", Path(tree).resolve())
        pack(it)
        if keep := os.environ.get("KEEP"):
            shutil.copytree(it.folder, keep)


if __name__ == "__main__":
    main()
