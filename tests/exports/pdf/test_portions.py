"""A portion is as large as memory allows and ends where little has to be laid out again."""

from itertools import count

from exports.pdf import portions
from exports.pdf.portions import BLOCKS, WEIGHT, limit_after, take

SHORT = "<p>short</p>"


def test_the_first_portion_is_full_at_its_number_of_blocks_or_their_weight() -> None:
    waiting = (SHORT for _ in count())
    assert len(take(waiting, [], limit_after())) == BLOCKS
    heavy = (f"<p>{'x' * 10_000}</p>" for _ in count())
    assert len(take(heavy, [], limit_after())) == -(-WEIGHT // 10_035)


def test_what_was_carried_over_counts() -> None:
    waiting = (SHORT for _ in count())
    assert len(take(waiting, [SHORT] * 30, limit_after())) == BLOCKS


def test_the_next_portion_is_of_whole_pages_and_just_begins_another() -> None:
    """Ten pages of 23 blocks fill the room for 250; the eleventh holds a few."""
    within = limit_after([SHORT] * 207, 9)
    found = take((SHORT for _ in count()), [SHORT] * 20, within)
    assert 230 < len(found) < 235


def test_a_block_larger_than_any_room_is_taken_alone() -> None:
    vast = "<p>" + "x" * 3 * WEIGHT + "</p>"
    assert take(iter([vast, SHORT]), [], limit_after([vast], 40)) == [vast]
    assert take(iter([SHORT]), [], portions.PortionLimit(0, 0)) == [SHORT]
