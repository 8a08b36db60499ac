"""Identifiers that find somebody only where a comparison is not exact."""

#: Values that are nobody's identifier and must find nobody, whatever the source is made of.
NASTY: tuple[str, ...] = (
    "",
    " ",
    "%",
    "_",
    "*",
    "?",
    ".*",
    "%@%",
    "_%",
    "'",
    '"',
    "' OR '1'='1",
    "'; DROP TABLE people; --",
    '" OR ""="',
    "\\",
    "\\%",
    "${7*7}",
    "{{7*7}}",
    "../../etc/passwd",
    "null",
    "None",
    "NaN",
    "\u202emoc.elpmaxe@a",
    "a\u0301" * 50,
    "x" * 200,
)

#: Letters and others that look the same; a look-alike is a different identifier.
_LOOK_ALIKES = str.maketrans(
    {"a": "а", "e": "е", "o": "о", "i": "і", "1": "l", "0": "O", "@": "＠"}
)


def nasty(value: str) -> tuple[str, ...]:
    """Neighbours of a true identifier that must not find what it finds."""
    local, at, host = value.partition("@")
    made = [
        f"{value}x",
        f"x{value}",
        value[:-1],
        value[1:],
        f"%{value}",
        f"{value}%",
        f"{value[:-1]}_",
        f"_{value[1:]}",
        value.translate(_LOOK_ALIKES),
        f"{value}' OR '1'='1",
        f"{value}\u200b",
        f"{local}+tag{at}{host}" if at else f"{value}+tag",
        f"{local}.{at}{host}" if at else f"{value}.",
        f"{value},{value}",
    ]
    return tuple(one for one in dict.fromkeys(made) if one != value)
