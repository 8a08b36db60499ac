"""What can be wrong with what somebody gave us: one sentence, the field, the mend."""


class DsarError(Exception):
    """A failure a person can act on; its text is shown as it stands and holds no personal data."""


class BadInput(DsarError):  # noqa: N818 - the sentence reads better without the suffix
    """A value given from outside is refused; nothing was changed.

    `field` names the value, `problem` says what is wrong with it and `mend` what to give instead.
    """

    def __init__(self, field: str, problem: str, mend: str) -> None:
        super().__init__(f"{field}: {problem} {mend}")
        self.field = field
        self.problem = problem
        self.mend = mend


class NotAllowed(DsarError):  # noqa: N818
    """The ticket's state, the law or a rule of the house does not allow this step now."""


class Conflict(DsarError):  # noqa: N818
    """What is asked contradicts what was asked before under the same name; nothing was changed."""


class NotFound(DsarError):  # noqa: N818
    """Nothing has that reference."""
