"""The one safe way to an HTTP system, for every adapter that needs one. See `client`."""

from dsar.adapters.http.auth import Auth
from dsar.adapters.http.client import Client, Credentials, encoded
from dsar.adapters.http.http_settings import HttpSettings
from dsar.adapters.http.replies import HttpAnswer

__all__ = ["Auth", "Client", "Credentials", "HttpAnswer", "HttpSettings", "encoded"]
