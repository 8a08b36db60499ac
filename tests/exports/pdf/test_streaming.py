"""Pages laid out in portions are the pages that WeasyPrint gives at once, better tagged, in little memory."""

import gc
import io
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from operator import sub
from pathlib import Path

import pikepdf
import pytest
from weasyprint import CSS, HTML, Attachment
from weasyprint.urls import FatalURLFetchingError

from exports.pdf import blocks, portions
from exports.pdf.pdf_a import NOTHING, Head
from exports.pdf.portions import Block, TableFrame, TableRow
from exports.pdf.streaming import write, write_whole
from tests.exports import reading, verapdf

HEAD = Head(
    title="A report",
    author="Nordlicht Software GmbH",
    language="en",
    moment=datetime(2026, 11, 20, tzinfo=UTC),
    style=blocks.style(),
    foot="Nordlicht Software GmbH · DSR-1",
    number="Page {page} of {pages}",
    attachment=b"{}",
)


NO_RULES = "th, td { border-color: transparent !important }"


def table(rows: int) -> str:
    cells = "".join(f"<tr><th scope=row>{n}</th><td>row {n}</td></tr>" for n in range(rows))
    head = "<thead><tr><th scope=col>No.</th><th scope=col>Text</th></tr></thead>"
    return (
        f"<div><table class=rows><caption>Rows</caption>{head}<tbody>{cells}</tbody></table></div>"
    )


def rows(count: int) -> Iterator[TableRow]:
    """The same table, to be laid out row by row; some rows are higher than others."""
    start, end = table(0).replace("<caption>Rows</caption>", "").split("<tbody>")
    place = TableFrame(f"{start}<tbody>", end)
    for n in range(count):
        text = f"row {n}" + "<br>more" * (n % 3)
        yield TableRow(place, f"<tr><th scope=row>{n}</th><td>{text}</td></tr>")


def lines(count: int) -> Iterator[str]:
    for n in range(count):
        yield f"<p class=line>{n} · E-mail address: ada{n}@lindqvist.example · {'word ' * (n % 40)}</p>"


def sample(count: int = 60) -> Iterator[Block]:
    """Headings, a list, a link, a table over pages, and record lines."""
    yield "<div><h1>Title</h1><p>Intro</p><ul><li>one</li><li>two</li></ul></div>"
    yield '<div><h2>Part</h2><p><a href="https://nordlicht.example">a link</a></p></div>'
    yield from rows(count)
    yield "<div><h2>Lines</h2><p>They follow.</p></div>"
    yield from lines(count)
    yield "<div><h2>End</h2><p>That is all.</p></div>"


@pytest.fixture
def small_portions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(portions, "WEIGHT", 8_000)


def printed(path: Path, count: int = 60) -> Path:
    with path.open("wb") as out:
        write(sample(count), HEAD, out)
    return path


def both(folder: Path, head: Head) -> tuple[Path, Path]:
    """The sample as we print it, and as stock WeasyPrint does."""
    ours, stock = folder / "ours.pdf", folder / "stock.pdf"
    with ours.open("wb") as out:
        write(sample(), head, out)
    with stock.open("wb") as out:
        write_whole(sample(), head, out)
    gc.collect()
    return ours, stock


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # its colour profile
@pytest.mark.usefixtures("small_portions")
def test_the_pages_are_those_of_stock_rendering(tmp_path: Path) -> None:
    """All but the rules between rows, whose seams between cells we do not draw."""
    ours, stock = both(tmp_path, replace(HEAD, style=f"{HEAD.style}{NO_RULES}"))
    assert reading.text(ours) == reading.text(stock)
    assert reading.pictures(ours) == reading.pictures(stock)
    assert len(reading.pictures(ours)) > 4


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.usefixtures("small_portions")
def test_rules_lie_where_stock_rendering_draws_them(tmp_path: Path) -> None:
    bare, _ = both(tmp_path, replace(HEAD, style=f"{HEAD.style}{NO_RULES}"))
    without = reading.pictures(bare, dpi=100)
    ruled = [reading.pictures(path, dpi=100) for path in both(tmp_path, HEAD)]
    ours, stock = ([*map(reading.changed, pages, without)] for pages in ruled)
    assert [len(page) > 5 for page in ours] == [True] * 3 + [False] * (len(ours) - 3)
    for mine, theirs in zip(ours, stock, strict=True):
        assert near(mine, theirs)
        assert near(theirs, mine)


def near(these: list[reading.Strip], those: list[reading.Strip]) -> bool:
    """Whether each of these strips lies within a pixel of one of those, as long as it is."""
    return all(any(max(map(abs, map(sub, a, b))) <= 1 for b in those) for a in these)


@pytest.mark.usefixtures("small_portions")
def test_one_table_over_many_pages_is_one_table(tmp_path: Path) -> None:
    with pikepdf.open(printed(tmp_path / "ours.pdf", 150)) as pdf:
        found = reading.tags(pdf)
        assert (found["/Table"], found["/THead"], found["/TR"], found["/TD"]) == (1, 1, 151, 150)
        assert (found["/L"], found["/LI"], found["/Lbl"], found["/LBody"], found["/Link"]) == (
            1,
            2,
            2,
            2,
            1,
        )
        assert found["/P"] == 150 + 4
        assert len(pdf.pages) > 6


@pytest.mark.usefixtures("small_portions")
def test_two_tables_after_each_other_are_two_and_every_row_is_read_in_order(tmp_path: Path) -> None:
    path = tmp_path / "two.pdf"
    with path.open("wb") as out:
        write([*rows(70), *rows(80)], HEAD, out)
    with pikepdf.open(path) as pdf:
        found = reading.tags(pdf)
        assert (found["/Table"], found["/TBody"], found["/TR"]) == (2, 2, 70 + 80 + 2)
        assert reading.owned(pdf)
    numbers = [int(n) for n in re.findall(r"row (\d+)\n", reading.text(path))]
    assert numbers == [*range(70), *range(80)]


def test_a_row_higher_than_a_page_is_printed_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(portions, "WEIGHT", 3_000)
    path = tmp_path / "high.pdf"
    place = next(rows(1)).table
    high = "<br>".join(f"line {n}" for n in range(150))
    with path.open("wb") as out:
        write(
            [*rows(9), TableRow(place, f"<tr><th>x</th><td>{high}</td></tr>"), *rows(9)], HEAD, out
        )
    found = reading.text(path)
    assert [int(n) for n in re.findall(r"line (\d+)\n", found)] == [*range(150)]
    assert len(re.findall(r"row \d+\n", found)) == 18


@pytest.mark.usefixtures("small_portions")
def test_every_text_is_in_the_tree_or_decoration(tmp_path: Path) -> None:
    with pikepdf.open(printed(tmp_path / "ours.pdf", 150)) as pdf:
        assert reading.texts_outside_the_tree(pdf) == 0
        assert reading.owned(pdf)


@pytest.mark.usefixtures("small_portions")
def test_the_file_keeps_pdf_a_and_pdf_ua(tmp_path: Path) -> None:
    assert verapdf.problems(printed(tmp_path / "ours.pdf", 100)) == []


def test_bookmarks_lead_to_the_headings(tmp_path: Path) -> None:
    with pikepdf.open(printed(tmp_path / "ours.pdf")) as pdf, pdf.open_outline() as outline:
        (root,) = outline.root
        assert root.title == "Title"
        assert [child.title for child in root.children] == ["Part", "Lines", "End"]


def test_title_language_dates_and_attachment_are_told(tmp_path: Path) -> None:
    with pikepdf.open(printed(tmp_path / "ours.pdf")) as pdf:
        assert str(pdf.Root.Lang) == "en"
        assert str(pdf.docinfo["/Title"]) == "A report"
        assert str(pdf.docinfo["/CreationDate"]) == "D:20261120000000+00'00"
        assert list(pdf.attachments) == ["processing.json"]
        assert pdf.attachments["processing.json"].get_file().read_bytes() == b"{}"
        assert pdf.Root.AF[0].AFRelationship == pikepdf.Name.Data


def test_links_are_the_only_actions(tmp_path: Path) -> None:
    with pikepdf.open(printed(tmp_path / "ours.pdf")) as pdf:
        actions = [note.A for page in pdf.pages for note in page.get("/Annots", [])]
        assert [str(action.URI) for action in actions] == ["https://nordlicht.example"]
        assert not {"/OpenAction", "/AA", "/AcroForm"} & set(pdf.Root.keys())


def test_the_same_blocks_give_the_same_bytes() -> None:
    one, two = io.BytesIO(), io.BytesIO()
    write(sample(), HEAD, one)
    write(sample(), HEAD, two)
    assert one.getvalue() == two.getvalue()


def test_a_block_longer_than_a_portion_is_printed_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(portions, "WEIGHT", 500)
    path = tmp_path / "long.pdf"
    with path.open("wb") as out:
        write(iter([table(120), *lines(5), table(90)]), HEAD, out)
    found = reading.text(path)
    assert all(f"row {n}\n" in found for n in range(120))
    assert found.index("row 119") < found.index("ada0@") < found.rindex("row 0\n")


def test_empty_blocks_make_one_page() -> None:
    assert write(iter(["<p></p>"]), HEAD, io.BytesIO()) == 1


@pytest.mark.parametrize(
    "text",
    ["हिन्दी में लिखा", "សួស្តី ពិភពលោក", "မင်္ဂလာပါ", "سلام لاعب", "שלום עולם", "ਸਤ ਸ੍ਰੀ ਅਕਾਲ"],
)
def test_scripts_that_reorder_their_letters_are_read_as_written(tmp_path: Path, text: str) -> None:
    path = tmp_path / "script.pdf"
    with path.open("wb") as out:
        write(iter([f"<p>{text}</p>"]), HEAD, out)
    with pikepdf.open(path) as pdf:
        said = [
            str(operands[1]["/ActualText"])
            for operands, operator in pikepdf.parse_content_stream(pdf.pages[0])
            if str(operator) == "BDC" and "/ActualText" in operands[1]
        ]
    assert "".join(said) == text


#: Names and sentences in which vowels, marks and conjuncts stand elsewhere than they are spoken.
WRITTEN = {
    "Hindi": "हिन्दी में लिखा हुआ नाम: कृष्णमूर्ति श्रीवास्तव",
    "Bengali": "বাংলা ভাষায় লেখা শ্রী কৃষ্ণ",
    "Tamil": "தமிழ் மொழியில் எழுதப்பட்டது கொடுக்கிறேன்",
    "Malayalam": "മലയാളം ഭാഷ കൊടുത്തു",
    "Sinhala": "සිංහල භාෂාව ශ්‍රී ලංකා",
    "Thai": "ภาษาไทยที่เขียนไว้น้ำใจผู้ใหญ่",
    "Lao": "ພາສາລາວ ນ້ຳ",
    "Khmer": "សួស្តី ពិភពលោក ភាសាខ្មែរ",
    "Burmese": "မင်္ဂလာပါ မြန်မာဘာသာ",
    "Tibetan": "བོད་སྐད་ཡིག",
}


@pytest.mark.parametrize("script", WRITTEN)
def test_text_taken_out_of_the_pdf_is_the_text_that_went_in(tmp_path: Path, script: str) -> None:
    path = tmp_path / "script.pdf"
    with path.open("wb") as out:
        write([f"<p>{WRITTEN[script]}</p>"], HEAD, out)
    assert same(reading.text(path).splitlines()[0]) == same(WRITTEN[script])


def same(text: str) -> str:
    """Composed as Unicode says, without the spaces a layout may add."""
    return unicodedata.normalize("NFC", text).replace(" ", "")


INJECTED = [
    '<img src="https://evil.example/x.png">',
    '<img src="file:///etc/passwd">',
    '<link rel=stylesheet href="http://169.254.169.254/latest">',
    "<style>@import url(https://evil.example/x.css)</style>",
    '<p style="background:url(https://evil.example/x.png)">',
    "<style>@font-face{font-family:x;src:url(https://evil.example/x.ttf)}p{font-family:x}</style><p>x",
    '<object data="https://evil.example/x.svg"></object>',
    '<embed src="file:///etc/hostname">',
]


@pytest.mark.parametrize("html", INJECTED)
def test_an_address_in_a_report_ends_the_rendering(html: str) -> None:
    with pytest.raises(FatalURLFetchingError):
        write(iter([f"<div>{html}</div>"]), HEAD, io.BytesIO())


HARMLESS = [
    '<link rel=attachment href="file:///etc/passwd">',
    '<a rel=attachment href="file:///etc/passwd">x</a>',
    '<p style="content:url(file:///etc/passwd)">x',
    '<svg><image href="https://evil.example/x.png" width=9 height=9 /></svg>',
    "<script>fetch('https://evil.example')</script>",
]


@pytest.mark.parametrize("html", HARMLESS)
def test_other_addresses_are_left_alone(
    html: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / "left.pdf"
    with path.open("wb") as out:
        write(iter([f"<div>{html}</div>"]), HEAD, out)
    with pikepdf.open(path) as pdf:
        assert list(pdf.attachments) == ["processing.json"]


def test_nothing_is_fetched_for_styles_and_attachments_either() -> None:
    with pytest.raises(FatalURLFetchingError):
        CSS(string="@import url(file:///etc/passwd)", url_fetcher=NOTHING)
    with pytest.raises(FatalURLFetchingError):
        HTML(url="file:///etc/passwd", url_fetcher=NOTHING)
    with (
        pytest.raises(FatalURLFetchingError),
        Attachment(url="file:///etc/passwd", url_fetcher=NOTHING).source,
    ):
        pass
