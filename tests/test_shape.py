"""The shape of the code stays that of the code bases we admire (figures: LIMITS)."""

import ast
import math
import re
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from statistics import median

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("dsar", "workers", "exports")
MIGRATIONS = ROOT / "dsar/store/migrations"  # written once, by Alembic, and never read as design
THE_ONE_DOOR = ROOT / "dsar/services/ticket/advance.py"

NAMES_THAT_SAY_NOTHING = {
    "utils",
    "util",
    "helpers",
    "helper",
    "managers",
    "manager",
    "base",
    "common",
}


def modules() -> list[Path]:
    found = (path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
    return sorted(path for path in found if MIGRATIONS not in path.parents)


def of_the_tests() -> list[Path]:
    return sorted((ROOT / "tests").rglob("*.py"))


def functions(path: Path) -> Iterator[tuple[str, int]]:
    """Each function of a file, also methods and inner ones: where it stands, how many lines."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            where = f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"
            yield where, (node.end_lineno or node.lineno) - node.lineno + 1


def sizes(what: str, paths: Collection[Path]) -> dict[str, int]:
    match what:
        case "function":
            return {where: lines for path in paths for where, lines in functions(path)}
        case "file":
            return {str(p.relative_to(ROOT)): len(p.read_text().splitlines()) for p in paths}
        case _:
            folders = {path.parent for path in paths}
            return {
                str(folder.relative_to(ROOT)): sum(
                    m.name != "__init__.py" for m in folder.glob("*.py")
                )
                for folder in folders
            }


def ninth_decile(values: Collection[int]) -> int:
    """The value that nine of ten do not exceed."""
    return sorted(values)[math.ceil(len(values) * 0.9) - 1]


def assignments_of_state(path: Path) -> Iterator[int]:
    """Lines that give a ticket a state: an attribute by `=` or setattr, or a row by update().

    In the store, where tasks and effects keep states of their own, only what is called a ticket.
    """
    anything = ROOT / "dsar/store" not in path.parents
    for node in ast.walk(ast.parse(path.read_text())):
        match node:
            case (
                ast.Attribute(value=owner, attr="state", ctx=ast.Store())
                | ast.Call(func=ast.Name("setattr"), args=[owner, ast.Constant("state"), *_])
            ) if anything or "ticket" in ast.unparse(owner).lower():
                yield node.lineno
            case ast.Call(func=ast.Attribute(attr="values") as chain, keywords=given) if (
                "update(ticket)" in ast.unparse(chain).lower()
                and any(keyword.arg in {"state", None} for keyword in given)
            ):
                yield node.lineno


#: Tables on which only verbs of the store build statements: what they do to a fence is decided there.
BEHIND_VERBS = {"Task", "TASK", "CoverageLine", "PageRow"}
_TABLES = re.compile(r"dsar\.store\.(tables|tasks\.states)$")


def statements_on_tables(path: Path) -> Iterator[int]:
    """Lines that name one of those tables otherwise than as the type of something."""
    tree = ast.parse(path.read_text())
    imported = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    own = {
        name.asname or name.name
        for node in imported
        for name in node.names
        if _TABLES.match(node.module or "") and name.name in BEHIND_VERBS
    }
    types = set(_in_annotations(tree))
    for node in ast.walk(tree):
        match node:
            case ast.Name(name) if name in own and node not in types:
                yield node.lineno
            case ast.Attribute(ast.Name("tables" | "states"), name) if name in BEHIND_VERBS:
                if node not in types:
                    yield node.lineno
            case ast.Subscript(slice=ast.Constant("task" | "coverage" | "page")):
                if ast.unparse(node.value).endswith("metadata.tables"):
                    yield node.lineno


def _in_annotations(tree: ast.AST) -> Iterator[ast.AST]:
    for node in ast.walk(tree):
        for name in ("annotation", "returns"):
            told = getattr(node, name, None)
            if told is not None:
                yield from ast.walk(told)


LIMITS = [
    # lines of a   measure       at most
    ("function", median, 8),
    ("function", ninth_decile, 25),
    ("function", max, 60),
    ("file", ninth_decile, 250),
    ("file", max, 400),
    # modules in a
    ("package", max, 15),
]


@pytest.mark.parametrize(("kind", "measure", "limit"), LIMITS)
def test_things_stay_small(
    kind: str, measure: Callable[[Collection[int]], float], limit: int
) -> None:
    assert_small(sizes(kind, modules()), measure, limit)


@pytest.mark.parametrize("kind", ["function", "file"])
def test_nothing_among_the_tests_is_longer_than_the_code_may_be(kind: str) -> None:
    [limit] = [limit for what, measure, limit in LIMITS if what == kind and measure is max]
    assert_small(sizes(kind, of_the_tests()), max, limit)


def assert_small(
    found: dict[str, int], measure: Callable[[Collection[int]], float], limit: int
) -> None:
    biggest = sorted(found, key=found.__getitem__, reverse=True)[:12]
    assert measure(found.values()) <= limit, {where: found[where] for where in biggest}


def test_state_changes_only_behind_the_one_door() -> None:
    elsewhere = {
        f"{path.relative_to(ROOT)}:{line}"
        for path in modules()
        if path != THE_ONE_DOOR
        for line in assignments_of_state(path)
    }
    assert not elsewhere


def test_nothing_is_handed_on_in_a_sessions_bag() -> None:
    """What belongs to a unit of work is a typed attribute of `Unit`, which mypy sees."""
    bags = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in [*modules(), *of_the_tests()]
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute)
        and node.attr == "info"
        and "session" in ast.unparse(node.value).lower()
    ]
    assert bags == []


@pytest.mark.parametrize(
    "code",
    [
        "t.state = 1",
        "t.state: int = 1",
        "a, t.state = 1, 2",
        "t.state += 1",
        "setattr(t, 'state', 1)",
        "run(update(Ticket).where(here).values(state=1))",
        "run(update(TICKET).values(**changes))",
    ],
)
def test_every_way_to_assign_a_state_is_seen(code: str, tmp_path: Path) -> None:
    written = tmp_path / "code.py"
    written.write_text(f"if t.state == 1:\n    {code}\n")
    assert list(assignments_of_state(written)) == [2]


def test_statements_on_tasks_coverage_and_pages_are_built_in_the_store_only() -> None:
    elsewhere = {
        f"{path.relative_to(ROOT)}:{line}"
        for path in modules()
        if ROOT / "dsar/store" not in path.parents
        for line in statements_on_tables(path)
    }
    assert not elsewhere


@pytest.mark.parametrize(
    "code",
    [
        "run(update(Task).where(here).values(rank=1))",
        "run(delete(tables.PageRow).where(here))",
        "run(rows_of(TASK.c.id))",
        "run(select(col(Line.source)))",
        "session.get_one(Task, 'one')",
        "session.add(Line())",
        "run(sa.insert(SQLModel.metadata.tables['coverage']))",
    ],
)
def test_every_statement_on_one_of_them_is_seen(code: str, tmp_path: Path) -> None:
    written = tmp_path / "code.py"
    head = "from dsar.store.tables import CoverageLine as Line, Task\nfrom dsar.store.tasks.states import TASK"
    written.write_text(f"{head}\nif True:\n    {code}\n")
    assert list(statements_on_tables(written)) == [4]


def test_a_row_may_be_named_as_the_type_of_what_a_verb_gives(tmp_path: Path) -> None:
    written = tmp_path / "code.py"
    written.write_text(
        "from dsar.store.tables import Task\n\n\n"
        "def tell(row: Task | None) -> list[Task]:\n    found: list[Task] = []\n"
    )
    assert list(statements_on_tables(written)) == []


def test_every_module_is_named_after_what_it_is_about() -> None:
    names = {str(path.relative_to(ROOT)) for path in [*modules(), *of_the_tests()]}
    assert not {name for name in names if set(re.split(r"\W|_", name)) & NAMES_THAT_SAY_NOTHING}
