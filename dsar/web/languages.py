"""Which languages a browser asks for."""

#: More than this is no list that a person made.
_MOST = 20


def accepted(header: str) -> tuple[str, ...]:
    """The tags of an Accept-Language header, what is wanted most first (RFC 9110, 12.5.4)."""
    found = []
    for number, part in enumerate(header.split(",")[:_MOST]):
        tag, _, rest = part.partition(";")
        weight = _weight(rest)
        if tag.strip() and tag.strip() != "*" and weight > 0:
            found.append((-weight, number, tag.strip()))
    return tuple(tag for _, _, tag in sorted(found))


def _weight(given: str) -> float:
    try:
        return float(given.strip().removeprefix("q=") or 1)
    except ValueError:
        return 0.0
