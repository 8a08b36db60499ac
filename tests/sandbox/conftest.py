"""The companies that the tests of services use: what is sandboxed shows in the engine's work."""

from tests.services.conftest import copied_url, desk, make

__all__ = ["copied_url", "desk", "make"]
