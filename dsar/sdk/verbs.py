"""The verbs of an adapter as a table: which must be there, since when, and what the kit proves."""

from dataclasses import dataclass

__all__ = ["TABLE", "Verb"]


@dataclass(frozen=True, slots=True)
class Verb:
    """One verb: whether an adapter needs it, since which contract it is there, its promises.

    `promises` are tests of `AdapterContract`, without their `test_`.
    """

    name: str
    meaning: str
    promises: tuple[str, ...]
    needed: bool = False
    since: str = "1.0"


_EACH = (
    "each_verb_gives_one_receipt_per_record_and_touches_nobody_else",
    "what_was_done_before_it_asks_for_patience_counts",
    "acting_twice_is_harmless",
    "an_unknown_collection_changes_nothing",
)

TABLE: tuple[Verb, ...] = (
    Verb(
        "collections",
        "the dictionary: every kind of record and what its fields mean",
        ("it_says_what_it_is_and_what_it_searches_by", "it_explains_every_field"),
        needed=True,
    ),
    Verb(
        "find",
        "every record of a person, page by page",
        (
            "it_finds_exactly_the_persons_records",
            "every_record_can_be_handed_over",
            "it_finds_nothing_for_nobody",
            "it_finds_nothing_for_a_stranger",
            "it_finds_nothing_for_nasty_identifiers",
            "an_identifier_much_like_the_persons_does_not_find_them",
            "upper_case_and_unicode_forms_of_an_e_mail_address_are_the_same_person",
            "a_strangers_identifiers_add_nothing",
            "it_never_gives_another_persons_record",
            "a_record_that_others_depend_on_says_so",
            "it_answers_the_same_twice",
            "every_page_but_the_last_has_a_checkpoint",
            "it_goes_on_after_a_crash_at_any_page_border",
            "a_page_stays_small",
            "when_it_asks_for_patience_it_goes_on_where_it_says",
            "a_source_that_is_not_there_is_named_without_personal_data",
            "a_strange_checkpoint_is_refused_or_starts_anew",
        ),
        needed=True,
    ),
    Verb(
        "check",
        "what is wrong with the settings or the system; left out, it is searched for nobody",
        (
            "its_check_finds_nothing_wrong",
            "a_source_that_is_not_there_is_named_without_personal_data",
        ),
    ),
    Verb(
        "read",
        "the bytes of an attachment; needed where records have any",
        ("attachments_are_the_same_twice_and_as_long_as_said",),
    ),
    Verb(
        "erase",
        "whole records, or single fields of them",
        (
            *_EACH,
            "erased_records_are_gone",
            "a_record_that_is_not_there_is_never_called_erased",
        ),
    ),
    Verb(
        "rectify",
        "other values in records",
        (
            "a_correction_is_written_and_nothing_else",
            "a_correction_of_an_unknown_field_fails_by_name",
            "an_unknown_collection_changes_nothing",
        ),
    ),
    Verb("restrict", "a mark that a record is not to be used", _EACH),
    Verb(
        "lift",
        "that mark taken away again",
        (*_EACH, "a_record_whose_restriction_was_lifted_is_as_it_was"),
    ),
    Verb("object_to", "the purposes a record is no longer used for", _EACH),
    Verb(
        "probe",
        "whether a record is there; needed where `repeatable` is False",
        ("probing_tells_what_is_there_and_changes_nothing", "acting_twice_is_harmless"),
    ),
    Verb("close", "connections let go of, once, after the last use", ()),
)
