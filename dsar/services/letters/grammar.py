"""What the text of a letter may do: say facts, leave parts out, go through a list. Nothing else.

A letter may be the house's own, so its text is outside text. It is parsed and walked before any of
it is compiled: only what stands in `TEXTS`, `LISTS`, `TABLES` and `FILTERS` may be named, with `if`
and `for` two deep at most and never a `for` inside another. So a letter costs what its own length
and its facts' lengths come to, and needs no process that could be killed: there is no call, no
arithmetic, no index, no attribute but the keys named here, and nothing is computed while compiling.
Jinja's sandbox runs it all the same, without globals, with immutable plain values, and the length
of what comes out is counted while it comes.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from enum import Enum, auto
from typing import NoReturn

from jinja2 import StrictUndefined, Template, TemplateSyntaxError, nodes
from jinja2.filters import FILTERS as JINJAS
from jinja2.sandbox import ImmutableSandboxedEnvironment

from dsar.domain.errors import BadInput
from dsar.domain.rights import Right

#: Facts that are one text, "" where there is nothing to say; dates are as the language writes them.
TEXTS = frozenset(
    {
        "answer", "article", "complaint", "deadline_words", "due_on", "link", "received_on",
        "reference", "remedy", "right_title", "signature", "today",
    }
)  # fmt: skip
#: Facts that are a list of texts.
LISTS = frozenset({"gaps", "reasons", "unsearched"})
#: Facts that are a table, with its keys: texts of the controller; whether the right is this one.
TABLES: Mapping[str, frozenset[str]] = {
    "controller": frozenset(
        {"address", "authority", "country", "email", "name", "officer", "phone", "url"}
    ),
    "right": frozenset(right.value for right in Right),
}
#: The filters, each with whether it takes a list; what comes out is a text.
FILTERS: Mapping[str, bool] = {"join": True, "lower": False, "trim": False, "upper": False}

#: Bytes a letter's file may have, and signs that may come out of it.
LONGEST_SOURCE, LONGEST_LETTER = 20_000, 1_000_000
_DEEPEST, _MOST_BRANCHES, _LONGEST_CHAIN, _LONGEST_JOINT = 2, 20, 4, 40

#: What each one of a list may be called; the names Jinja keeps to itself are none.
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,39}")
_JINJAS = frozenset({"caller", "kwargs", "loop", "self", "super", "varargs"})

_MAY = "A letter says facts, and uses if, for and the filters join, lower, trim, upper."
_PROBLEMS = {
    nodes.Call: "Something is called.",
    nodes.Getitem: "A part of something is taken by its number or name.",
    nodes.Assign: "A value is kept under a name.",
    nodes.AssignBlock: "A value is kept under a name.",
    nodes.Const: "A text or number of its own is computed with.",
    nodes.Include: "Another file is read.",
    nodes.Import: "Another file is read.",
    nodes.FromImport: "Another file is read.",
    nodes.Extends: "Another file is read.",
    nodes.Compare: "Values are compared.",
    nodes.Not: "Values are compared.",
    nodes.And: "Values are compared.",
    nodes.Or: "Values are compared.",
    nodes.Test: "Values are compared.",
}


class ExpressionKind(Enum):
    """What an expression of a letter gives."""

    TEXT = auto()
    LIST = auto()
    FLAG = auto()


def _environment() -> ImmutableSandboxedEnvironment:
    made = ImmutableSandboxedEnvironment(
        undefined=StrictUndefined,
        autoescape=False,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        optimized=False,
        cache_size=0,
    )
    made.globals.clear()
    made.tests.clear()
    made.filters = {name: JINJAS[name] for name in FILTERS}
    return made


_ENVIRONMENT = _environment()


def compiled(source: str, file: str) -> Template:
    """The template of a letter's text; BadInput names file and line of what no letter may do."""
    _readable(source, file)
    try:
        tree = _ENVIRONMENT.parse(source)
    except TemplateSyntaxError as error:
        refuse(file, error.lineno, f"A tag cannot be read: {str(error.message)[:120]}.", _MAY)
    except (RecursionError, ValueError, ArithmeticError):
        refuse(file, 1, "Something is nested too deep or a number is too long.", _MAY)
    _Walk(file).body(tree.body, 0, frozenset())
    return Template.from_code(_ENVIRONMENT, _ENVIRONMENT.compile(tree), {})


def refuse(file: str, line: int, problem: str, mend: str) -> NoReturn:
    """Refuses a place in a letter's file."""
    raise BadInput(f"{file}, line {line}", problem, mend)


def _readable(source: str, file: str) -> None:
    if len(source.encode(errors="surrogatepass")) > LONGEST_SOURCE:
        mend = f"A letter has {LONGEST_SOURCE:,} bytes at most."
        refuse(file, 1, "The file is too long.", mend)
    for number, line in enumerate(source.split("\n"), 1):
        if any(sign != "\t" and unicodedata.category(sign) in {"Cc", "Cs"} for sign in line):
            refuse(file, number, "A sign that nobody can see stands here.", "Remove it.")
    subject, second, *_ = [*source.split("\n", 2), "", ""]
    if not subject.strip() or second.strip() or source.count("\n") < 2:
        mend = "Write the subject on the first line, leave the second empty, then the letter."
        refuse(file, 1, "There is no subject.", mend)


class _Walk:
    """Goes through a parsed letter and refuses the first thing that is not admitted."""

    def __init__(self, file: str) -> None:
        self._file = file

    def body(
        self, found: Sequence[nodes.Node], depth: int, own: frozenset[str], *, looping: bool = False
    ) -> None:
        """Statements, `depth` blocks deep; `own` are the names of loops around them."""
        for node in found:
            if isinstance(node, nodes.Output):
                self._output(node, own)
            elif isinstance(node, nodes.If):
                self._if(node, depth + 1, own, looping=looping)
            elif isinstance(node, nodes.For):
                self._for(node, depth + 1, own, looping=looping)
            else:
                self._refuse(node)

    def _output(self, node: nodes.Output, own: frozenset[str]) -> None:
        for part in node.nodes:
            if isinstance(part, nodes.TemplateData):
                continue
            if self._kind(part, own) is not ExpressionKind.TEXT:
                mend = 'Go through a list with for, or write it with join(", ").'
                refuse(self._file, part.lineno, "This is no text that could be written.", mend)

    def _if(self, node: nodes.If, depth: int, own: frozenset[str], *, looping: bool) -> None:
        self._shallow(node, depth)
        if len(node.elif_) > _MOST_BRANCHES:
            refuse(self._file, node.lineno, "There are too many elif.", "Write fewer.")
        for branch in (node, *node.elif_):
            self._kind(branch.test, own)
            self.body(branch.body, depth, own, looping=looping)
        self.body(node.else_, depth, own, looping=looping)

    def _for(self, node: nodes.For, depth: int, own: frozenset[str], *, looping: bool) -> None:
        self._shallow(node, depth)
        if looping:
            refuse(self._file, node.lineno, "A for stands inside another.", "End that one first.")
        if not isinstance(node.target, nodes.Name) or node.test or node.recursive:
            mend = "Write it as: for reason in reasons."
            refuse(self._file, node.lineno, "This is more than a plain for.", mend)
        name = node.target.name
        if name in TEXTS | LISTS | TABLES.keys() or name in _JINJAS or not _NAME.fullmatch(name):
            mend = "Give each one a name of its own, such as reason."
            refuse(self._file, node.lineno, f"{name[:40]} cannot be the name of each.", mend)
        if self._kind(node.iter, own) is not ExpressionKind.LIST:
            refuse(self._file, node.lineno, "This is no list.", f"Lists are {_listed(LISTS)}.")
        self.body(node.body, depth, own | {name}, looping=True)
        self.body(node.else_, depth, own, looping=looping)

    def _shallow(self, node: nodes.Node, depth: int) -> None:
        if depth > _DEEPEST:
            refuse(self._file, node.lineno, "Blocks stand three deep.", "Two deep is the most.")

    def _kind(self, node: nodes.Node, own: frozenset[str], chain: int = 0) -> ExpressionKind:
        """What an admitted expression gives; refuses any other."""
        if isinstance(node, nodes.Name):
            return self._name(node, own)
        if isinstance(node, nodes.Getattr):
            return self._key(node)
        if isinstance(node, nodes.Filter) and node.node is not None and chain < _LONGEST_CHAIN:
            return self._filter(node, own, chain)
        return self._refuse(node)

    def _name(self, node: nodes.Name, own: frozenset[str]) -> ExpressionKind:
        if node.name in TEXTS or node.name in own:
            return ExpressionKind.TEXT
        if node.name in LISTS:
            return ExpressionKind.LIST
        if node.name in TABLES:
            mend = f"Name one of its keys: {_listed(TABLES[node.name])}."
            refuse(self._file, node.lineno, f"{node.name} is a table.", mend)
        mend = f"Facts are {_listed({*TEXTS, *LISTS, *TABLES})}."
        refuse(self._file, node.lineno, f"{node.name[:40]} is no fact.", mend)

    def _key(self, node: nodes.Getattr) -> ExpressionKind:
        table = node.node.name if isinstance(node.node, nodes.Name) else ""
        if table not in TABLES:
            problem = "Something is asked of what is no table."
            refuse(self._file, node.lineno, problem, f"Tables are {_listed(TABLES)}.")
        if node.attr not in TABLES[table]:
            mend = f"Name one of its keys: {_listed(TABLES[table])}."
            refuse(self._file, node.lineno, f"{table} has no {node.attr[:40]}.", mend)
        return ExpressionKind.FLAG if table == "right" else ExpressionKind.TEXT

    def _filter(self, node: nodes.Filter, own: frozenset[str], chain: int) -> ExpressionKind:
        takes_list = FILTERS.get(node.name)
        if takes_list is None:
            problem = f"There is no filter {node.name[:40]} for letters."
            refuse(self._file, node.lineno, problem, f"Filters are {_listed(FILTERS)}.")
        given = [*node.args, *node.kwargs, node.dyn_args, node.dyn_kwargs]
        joints = [one.value for one in node.args if isinstance(one, nodes.Const)]
        said = [one for one in joints if isinstance(one, str) and len(one) <= _LONGEST_JOINT]
        if len([one for one in given if one is not None]) != len(said) or len(said) > takes_list:
            mend = 'Only join takes something: one short text, as in join(", ").'
            refuse(self._file, node.lineno, f"{node.name} is given too much.", mend)
        assert node.node is not None  # noqa: S101 - `_kind` has looked
        kind = self._kind(node.node, own, chain + 1)
        if kind is not (ExpressionKind.LIST if takes_list else ExpressionKind.TEXT):
            mend = "join takes a list; the others take a text."
            refuse(self._file, node.lineno, f"{node.name} is used on the wrong thing.", mend)
        return ExpressionKind.TEXT

    def _refuse(self, node: nodes.Node) -> NoReturn:
        problem = _PROBLEMS.get(type(node), "Something is done that no letter does.")
        inside = (one.lineno for one in node.find_all(nodes.Node) if one.lineno)
        refuse(self._file, node.lineno or next(inside, 1), problem, _MAY)


def _listed(names: "frozenset[str] | set[str] | Mapping[str, object]") -> str:
    return ", ".join(sorted(names))
