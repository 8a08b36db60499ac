"""Libraries only some sources need: when one is missing, which extra brings it."""

from importlib import import_module

from dsar.sdk.settings import BadInput


def need(library: str, extra: str, *, at: str) -> None:
    """Loads a library of an extra of this package. Raises BadInput naming the extra."""
    try:
        import_module(library)
    except ImportError:
        raise BadInput(
            at, f"needs the library {library}.", f'Install it: pip install "dsar[{extra}]".'
        ) from None
