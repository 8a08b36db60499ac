"""Whatever stands in a letter's text, it says facts or is refused by line, and quickly either way."""

import time
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dsar.domain.errors import BadInput
from dsar.services.letters import samples
from dsar.services.letters.grammar import LONGEST_LETTER, LONGEST_SOURCE, compiled
from dsar.services.letters.wording import Wording, Wordings
from tests.services.letters.conftest import CONTROLLER

HEAD = "A subject\n\nGood day,\n"
#: Much more than any letter takes, and still not long for somebody who waits.
SECONDS = 5.0


def facts(**changes: Any) -> dict[str, Any]:
    return {**samples.facts(Wordings().words_in("en"), CONTROLLER), **changes}


def said(body: str, **changes: Any) -> str:
    source = HEAD + body
    wording = Wording(
        "received",
        "en",
        "own.txt",
        own=True,
        source=source,
        sha256="",
        template=compiled(source, "own.txt"),
    )
    return wording.say(facts(**changes)).removeprefix(HEAD)


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("{{ reference }}", "R-1"),
        ("{{ controller.name }}", "Small Company AB"),
        ("{{ controller.name | upper }}", "SMALL COMPANY AB"),
        ('{{ reasons | join("; ") }}', "one; two"),
        ("{{ reasons | join }}", "onetwo"),
        ("{% for one in reasons %}\n- {{ one }}\n{% endfor %}", "- one\n- two\n"),
        ("{% for gap in gaps %}{{ gap }}{% else %}none{% endfor %}", "none"),
        ("{% if right.erasure %}a{% elif right.access %}b{% else %}c{% endif %}", "b"),
        ("{% if link %}{% for one in reasons %}{{ one | trim }}{% endfor %}{% endif %}", "onetwo"),
        ("{# for colleagues #}{% raw %}{{ as it stands }}{% endraw %}", "{{ as it stands }}"),
    ],
)
def test_a_letter_says_facts_leaves_parts_out_and_goes_through_lists(body: str, text: str) -> None:
    assert said(body, reference="R-1", reasons=["one", "two"], gaps=[]) == text


def test_a_fact_is_never_a_template() -> None:
    assert said("{{ reasons | join }}", reasons=["{{ link }}", "{% for"]) == "{{ link }}{% for"


#: What was measured against a sandbox without a walk, and what it did not stop.
HOSTILE = {
    "attributes": "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "attributes of a fact": "{{ reference.__class__ }}",
    "attributes of a table": "{{ controller.__class__.__init__.__globals__ }}",
    "attributes by filter": '{{ reference | attr("__class__") }}',
    "attributes by join": '{{ reasons | join(attribute="__class__") }}',
    "attributes by map": '{{ reasons | map(attribute="__class__") | list }}',
    "an item": '{{ controller["name"] }}',
    "a slice": "{{ reasons[1:] }}",
    "a method": "{{ controller.clear() }}",
    "a method's name": "{{ controller.items }}",
    "a method of a text": '{{ reference.replace("R", "x" * 9) }}',
    "format": '{{ "{0.__class__}".format(reference) }}',
    "format by filter": '{{ "%s" | format(reference) }}',
    "percent": '{{ "%0999999999d" % 1 }}',
    "a long text": '{{ "x" * 2000000000 }}',
    "a power": "{{ 9 ** 9 ** 9 }}",
    "a joined text": '{{ reference ~ "x" }}',
    "range": "{% for i in range(999999999) %}x{% endfor %}",
    "a for in a for": "{% for a in gaps %}{% for b in gaps %}x{% endfor %}{% endfor %}",
    "a for in a for behind an if": (
        "{% for a in gaps %}{% if a %}{% for b in gaps %}x{% endfor %}{% endif %}{% endfor %}"
    ),
    "three deep": "{% if link %}{% if link %}{% if link %}x{% endif %}{% endif %}{% endif %}",
    "a loop of itself": "{% for a in gaps recursive %}{{ loop(gaps) }}{% endfor %}",
    "a filtered loop": "{% for a in gaps if a %}x{% endfor %}",
    "loop": "{% for a in gaps %}{{ loop.index }}{% endfor %}",
    "a fact as a loop's name": "{% for remedy in gaps %}{{ remedy }}{% endfor %}",
    "loop as a name": "{% for loop in gaps %}{{ loop }}{% endfor %}",
    "self as a name": "{% for self in gaps %}{{ self }}{% endfor %}",
    "a hidden name": "{% for __class__ in gaps %}{{ __class__ }}{% endfor %}",
    "none as a name": "{% for none in gaps %}x{% endfor %}",
    "an attribute as a name": "{% for right.erasure in gaps %}x{% endfor %}",
    "two names": "{% for a, b in gaps %}{{ a }}{% endfor %}",
    "signs of a text": "{% for sign in reference %}{{ sign }}{% endfor %}",
    "lipsum": "{{ lipsum(n=100000) }}",
    "cycler": "{{ cycler.__init__.__globals__.os }}",
    "joiner": "{{ joiner }}",
    "namespace": "{% set one = namespace() %}",
    "self": "{{ self.__init__ }}",
    "dict": "{{ dict(a=1) }}",
    "urlize": "{{ reference | urlize }}",
    "safe": "{{ reference | safe }}",
    "xmlattr": "{{ controller | xmlattr }}",
    "pprint": "{{ controller | pprint }}",
    "center": "{{ reference | center(2000000000) }}",
    "too long a joint": '{{ reasons | join("%s") }}' % ("x" * 41),
    "set": "{% set reference = 1 %}",
    "set block": "{% set reference %}x{% endset %}",
    "with": "{% with a = 1 %}{{ a }}{% endwith %}",
    "macro": "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
    "call": "{% call m() %}{% endcall %}",
    "filter block": "{% filter upper %}x{% endfilter %}",
    "include": '{% include "/etc/passwd" %}',
    "import": '{% import "x" as y %}',
    "from import": '{% from "x" import y %}',
    "extends": '{% extends "x" %}',
    "block": "{% block a %}x{% endblock %}",
    "autoescape": "{% autoescape true %}x{% endautoescape %}",
    "do": "{% do controller.clear() %}",
    "a whole table": "{{ controller }}",
    "a whole list": "{{ reasons }}",
    "a flag": "{{ right.access }}",
    "an unknown key": "{{ controller.password }}",
    "an unknown fact": "{{ reason }}",
    "a test": "{% if reference is defined %}x{% endif %}",
    "a comparison": '{% if reference == "x" %}x{% endif %}',
    "an inline if": "{{ reference if link }}",
    "a list": "{{ [reference] }}",
    "a constant": "{{ 1 }}",
    "deep brackets": "{{ " + "(" * 9000 + " }}",
    "many nots": "{% if " + "not " * 4000 + "link %}x{% endif %}",
    "many filters": "{{ reference" + "|upper" * 3000 + " }}",
    "many elifs": "{% if link %}" + "{% elif link %}x" * 1000 + "{% endif %}",
    "a long number": "{{ " + "9" * 9000 + " }}",
    "an open tag": "{% if link %}x",
    "an open comment": "{#" * 9000,
    "a bell": "\x07{{ reference }}",
    "half a pair": "\udc80",
    "too much": "x" * LONGEST_SOURCE,
}


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE)
def test_whatever_else_a_text_tries_is_refused_by_its_line(body: str) -> None:
    began = time.perf_counter()
    with pytest.raises(BadInput, match=r"^own\.txt, line \d+: "):
        said(body)
    assert time.perf_counter() - began < SECONDS


def test_the_line_is_the_one_where_it_stands() -> None:
    with pytest.raises(BadInput) as refused:
        said("{{ reference }}\n\n{{ reference }}\n{{ reasons[0] }}\n")
    assert refused.value.field == "own.txt, line 7"
    assert "A letter says facts" in refused.value.mend


@pytest.mark.parametrize(
    "text", ["", "Subject", "Subject\nno empty line", "\n\nSubject", "Subject\nGood day\n\nlate"]
)
def test_a_letter_begins_with_its_subject_and_an_empty_line(text: str) -> None:
    with pytest.raises(BadInput, match=r"line 1: There is no subject"):
        compiled(text, "own.txt")


@pytest.mark.parametrize(
    "body",
    [
        "{% for gap in gaps %}" + "{{ gap }}" * 2000 + "{% endfor %}",
        "{{ gaps | join }}" * 1000,
        '{{ gaps | join("%s") }}' % ("x" * 40) * 250,
    ],
)
def test_what_comes_out_is_counted_and_stopped(body: str) -> None:
    """A thousand long gaps, each written thousands of times: 20 kB that would become 2 GB."""
    began = time.perf_counter()
    with pytest.raises(BadInput, match=f"{LONGEST_LETTER:,} signs at most"):
        said(body, gaps=["x" * 1000] * 1000)
    assert time.perf_counter() - began < SECONDS


PIECES = st.lists(
    st.sampled_from(
        ["{{", "}}", "{%", "%}", "{#", "#}", "-", "if", "for", "in", "endif", "endfor", "else",
         "elif", " ", "\n", "reasons", "gaps", "link", "controller", ".", "name", "|", "join",
         "upper", "(", ")", "[", "]", '"', "'", "\\", "~", "*", "9", "loop", "set", "=", "raw",
         "endraw", "not", "is", "x", "__class__"]
    ),
    max_size=300,
)  # fmt: skip


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(PIECES)
def test_any_text_is_said_or_refused_within_its_limits(pieces: list[str]) -> None:
    began = time.perf_counter()
    with suppress(BadInput):
        assert len(said("".join(pieces))) <= LONGEST_LETTER
    assert time.perf_counter() - began < SECONDS
