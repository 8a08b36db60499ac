"""The connection to one database, and what its failures are called."""

import weakref
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pymongo
from bson.codec_options import CodecOptions
from pymongo import errors
from pymongo.collection import Collection as Documents

from dsar.adapters.mongo.mongo_settings import MongoSettings
from dsar.sdk import Later, NeedsHuman
from dsar.sdk.settings import BadInput

#: Codes of the server: not signed in, may not; https://www.mongodb.com/docs/manual/reference/error-codes/
_FORBIDDEN = frozenset({13, 18, 8000})


class MongoDatabase:
    """Reads what a majority of the servers holds, and writes until a majority has it."""

    def __init__(self, settings: MongoSettings) -> None:
        self.settings = settings
        patience = int(settings.timeout * 1000)
        try:
            self._client: pymongo.MongoClient[dict[str, Any]] = pymongo.MongoClient(
                settings.url,
                connect=False,
                serverSelectionTimeoutMS=min(patience, 10_000),
                socketTimeoutMS=patience,
                readConcernLevel="majority",
                w="majority",
                appname="dsar",
            )
        except (errors.ConfigurationError, errors.InvalidURI, ValueError):
            raise BadInput("url", "is no address of a server.", "Write mongodb://…") from None
        self.close = weakref.finalize(self, self._client.close)  # also where nobody calls it
        options: CodecOptions[dict[str, Any]] = CodecOptions(tz_aware=True)
        self._database = self._client.get_database(settings.database, codec_options=options)

    def documents(self, name: str) -> Documents[dict[str, Any]]:
        """The documents of a declared collection."""
        return self._database[self.settings.collections[name].collection or name]

    def missing(self) -> Sequence[str]:
        """The declared collections the database does not have."""
        there = set(self._database.list_collection_names())
        return [
            name for name in self.settings.collections if self.documents(name).name not in there
        ]


@contextmanager
def named_failures() -> Iterator[None]:
    """Raises Later and NeedsHuman for what the server says; its words may hold values."""
    try:
        yield
    except errors.OperationFailure as error:
        if error.code in _FORBIDDEN:
            raise NeedsHuman(
                "The database refuses this user. Correct url, or grant the right to read and "
                "write.",
                code="refused",
            ) from None
        raise NeedsHuman(
            f"The database refuses what it is asked (code {error.code}). Compare its collections "
            "with the declaration, and its log.",
            code="refused",
        ) from None
    except (errors.AutoReconnect, errors.ExecutionTimeout) as error:
        raise Later(f"The database cannot be reached ({type(error).__name__}).") from None
    except errors.PyMongoError as error:
        raise NeedsHuman(
            f"The database gave what cannot be understood ({type(error).__name__}).",
            code="unreadable",
        ) from None
