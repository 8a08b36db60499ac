"""One word, one meaning: names of modules and classes are nouns, and each names one thing.

GLOSSARY.md says what the words mean. A name that must be an exception is added below with why.
"""

import ast
import builtins
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.test_shape import ROOT, modules

#: Words in -ing that are nouns of the field or of English, and so may name a module.
NOUNS = {
    "house_wording": "the house's own wording of letters",
    "keyring": "the keys that are at hand",
    "opening": "the opening of an installation",
    "processing": "processing in the sense of Art. 4(2) GDPR",
    "streaming": "a report that is written as a stream",
    "wording": "the wording of a letter",
    "wrapping": "key wrapping (NIST SP 800-38F)",
}
#: Class names in -ed or -ing that are nouns, or that integrators import already.
CLASSES = {
    "Finding": "one thing `source check` found",
    "Ruling": "what staff decided about one record",
    "Setting": "one setting of a source",
    "Untrusted": "of the SDK since 0.1.0",
    "Wanted": "of the SDK since 0.1.0",
    "Withholding": "what is withheld in one ticket",
    "Wording": "the wording of a letter",
}
#: Names that docstrings speak of and nobody here imports: of other software.
OF_OTHERS = {"JavaScript", "ObjectIds", "ReadTimeout", "RedisError", "StubBroker", "TestShop",
             "WeasyPrint"}  # fmt: skip
#: Says nothing about what is in it.
EMPTY = re.compile(r"^(utils?|helpers?|managers?|base|common|misc|stuff|tools|core|lib)$")
#: Each adapter is a world of its own, and an integrator's starter is to be renamed.
ISLANDS = re.compile(r"^dsar/(adapters/[^/]+|sdk/starters)/")


def classes() -> Iterator[tuple[str, str]]:
    """Every class of the product: its name, the file it is in."""
    for path in modules():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef):
                yield node.name, path.relative_to(ROOT).as_posix()


def test_a_module_is_named_by_a_noun() -> None:
    names = {path.relative_to(ROOT).as_posix(): path.stem for path in modules()}
    doing = {at for at, name in names.items() if name.endswith("ing") and name not in NOUNS}
    assert doing == set()
    assert {at for at, name in names.items() if EMPTY.fullmatch(name)} == set()


def test_a_class_is_no_bare_participle() -> None:
    bare = re.compile(r"_?[A-Z][a-z]+(ed|ing)")
    assert {at for at in classes() if bare.fullmatch(at[0]) and at[0] not in CLASSES} == set()


def test_a_class_name_stands_for_one_thing() -> None:
    places = defaultdict(set)
    for name, at in classes():
        if not name.startswith("_") and not ISLANDS.match(at):
            places[name].add(at)
    assert {name: at for name, at in places.items() if len(at) > 1} == {}


def test_a_docstring_speaks_of_classes_that_exist() -> None:
    """What was renamed is renamed in words too: what `Raises` names can be caught."""
    known = {name for name, _ in classes()} | set(dir(builtins)) | OF_OTHERS
    unknown = {
        (path.relative_to(ROOT).as_posix(), word)
        for path in modules()
        for word in spoken_of(ast.parse(path.read_text(encoding="utf-8"))) - known
    }
    assert unknown == set()


def spoken_of(tree: ast.Module) -> set[str]:
    """The classes that the docstrings of a module name, but for those it has in its hands."""
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    found: set[str] = set()
    for node in ast.walk(tree):
        text = (ast.get_docstring(node) or "") if isinstance(node, documented) else ""
        for raised in re.findall(r"[Rr]aises? ([^.;:]*)", text):
            found.update(re.findall(r"\b[A-Z][a-z]+(?:[A-Z]\w*)?\b", raised))
        found.update(re.findall(r"\b[A-Z][a-z]+[A-Z][a-z]\w*\b", text))
    imports = (node for node in ast.walk(tree) if isinstance(node, (ast.Import, ast.ImportFrom)))
    imported = {name.asname or name.name for node in imports for name in node.names}
    return found - imported - {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}


@pytest.mark.parametrize("known", [NOUNS, CLASSES])
def test_no_exception_is_left_over(known: dict[str, str]) -> None:
    names = {path.stem for path in modules()} | {name for name, _ in classes()}
    assert set(known) <= names


def test_the_words_of_a_row_of_the_glossary_lead_to_it() -> None:
    """What the glossary calls by a class of the code exists under that name."""
    text = (Path(ROOT) / "GLOSSARY.md").read_text(encoding="utf-8")
    known = {name for name, _ in classes()}
    assert {
        word for word in re.findall(r"`([A-Z][a-z]+[A-Z]\w+)`", text) if word not in known
    } == set()
