"""Sources declared as the README declares them, pointed at a server of that shape."""

import os
import tomllib
from typing import Any

from dsar.adapters.rest import Rest
from dsar.sdk.registry import settings_from
from tests.adapters.rest.apis import Api, Crm, Desk, Shop
from tests.adapters.test_readme import SOURCES

SECRETS = {"CRM_TOKEN": "crm-secret", "SHOP_SECRET": "cs_shop", "DESK_SECRET": "desk/secret"}
SHAPES: dict[str, type[Api]] = {"rest_crm": Crm, "rest_shop": Shop, "rest_desk": Desk}

Table = dict[str, Any]


def table(name: str, api: Api) -> Table:
    """The declaration of the README, with the address of this server."""
    [declared] = tomllib.loads(SOURCES[name]).values()
    local = {"url": api.url, "allow_private": True, "plain_http": ["127.0.0.1"]}
    if "token_url" in declared.get("auth", {}):
        declared["auth"]["token_url"] = f"{api.server.url}/oauth/tokens"
    return {**declared, **local}


def erased_with(declared: Table) -> Table:
    """The README's CRM, of which erasing a contact takes its notes along."""
    [more] = tomllib.loads(SOURCES["rest_erased_with"]).values()
    notes = {k: v for k, v in declared["collections"]["notes"].items() if k != "erase"}
    taken = notes | more["collections"]["notes"]
    return {**declared, "collections": {**declared["collections"], "notes": taken}}


def opened(declared: Table) -> Rest:
    os.environ.update(SECRETS)
    try:
        return Rest(settings_from(Rest, declared, at="sources.api"))
    finally:
        for name in SECRETS:
            del os.environ[name]
