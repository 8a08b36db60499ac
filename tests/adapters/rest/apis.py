"""Three small systems with the shapes of well-known APIs: real servers with real state.

Each gives no more than two records a page, whatever is asked for, as real ones cap what they give.
"""

import base64
import json
import secrets
import unicodedata
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

from tests.adapters.http.servers import Answer, Asked, Server

Rows = dict[str, dict[str, Any]]
LIMIT = 2
EMAILS = (
    "Ann.Lee@Example.com",
    "ann.lee+tag@example.com",
    "",
    "ann.lee@example.com",
    "annxlee@example.com",
    "ANN.LEE@EXAMPLE.COM ",
    "ann.lee@example.co",
    "ann.lee@example.com",
)


def same(one: str, other: str) -> bool:
    """How a good API compares e-mail addresses: exactly, but for case and spaces around."""
    return unicodedata.normalize("NFC", one).strip().lower() == other.strip().lower() != ""


def give(value: Any, status: int = 200, **headers: str) -> Answer:
    return Answer(status, json.dumps(value).encode(), headers)


class Api:
    """A server with state; `fault` may answer in its place, `done` are the changes it made."""

    base = ""

    def __init__(self) -> None:
        self.fault: Callable[[Asked], Answer | None] = lambda _: None
        self.done: list[tuple[str, str, str]] = []
        self.server = Server(self.answer)

    def answer(self, asked: Asked) -> Answer:
        return self.fault(asked) or self.proven(asked)

    def proven(self, asked: Asked) -> Answer:
        if not self.knows(asked):
            return Answer(401)
        return self.served(asked)

    def knows(self, asked: Asked) -> bool:
        raise NotImplementedError

    def served(self, asked: Asked) -> Answer:
        raise NotImplementedError

    @property
    def url(self) -> str:
        return self.server.url + self.base

    def segments(self, asked: Asked) -> list[str]:
        return [unquote(part) for part in asked.path.removeprefix(self.base).split("/")[1:]]

    def did(self, asked: Asked, key: str) -> None:
        self.done.append((asked.method, key, asked.headers.get("idempotency-key", "")))


class Crm(Api):
    """A customer relationship system: page numbers, bearer token, properties in an inner object."""

    base = "/v1"
    token = "crm-secret"

    def __init__(self) -> None:
        super().__init__()
        self.contacts: Rows = {
            str(number): {
                "id": number,
                "properties": {"email": email, "name": f"Person {number}", "number": f"C{number}"},
                "state": "active",
            }
            for number, email in enumerate(EMAILS, start=1)
        }
        self.notes: Rows = {
            f"n{number}": {"id": f"n{number}", "contact": number, "text": f"Note {number}"}
            for number in (1, 1, 2, 4, 8)
        }
        self.notes["n1b"] = {"id": "n1b", "contact": 1, "text": "Another"}

    def knows(self, asked: Asked) -> bool:
        return asked.headers.get("authorization") == f"Bearer {self.token}"

    def served(self, asked: Asked) -> Answer:
        match asked.method, self.segments(asked):
            case "GET", ["contacts"]:
                wanted = asked.one("email") or ""
                rows = [r for r in self.contacts.values() if same(r["properties"]["email"], wanted)]
                return self.page(asked, rows)
            case "GET", ["contacts", key, "notes"]:
                return give({"data": [n for n in self.notes.values() if str(n["contact"]) == key]})
            case "DELETE", [("contacts" | "notes") as name, key]:
                return self.delete(asked, getattr(self, name), key)
            case "PATCH", ["contacts", key]:
                return self.patch(asked, key)
        return Answer(404)

    def page(self, asked: Asked, rows: list[Any]) -> Answer:
        start = (int(asked.one("page") or 1) - 1) * LIMIT
        part = rows[start : start + LIMIT]
        return give({"data": part, "has_more": start + LIMIT < len(rows)})

    def delete(self, asked: Asked, rows: Rows, key: str) -> Answer:
        if key not in rows:
            return Answer(404)
        self.did(asked, key)
        del rows[key]
        return Answer(204, b"")

    def patch(self, asked: Asked, key: str) -> Answer:
        if key not in self.contacts:
            return Answer(404)
        changes = json.loads(asked.body)
        self.did(asked, key)
        self.contacts[key]["properties"] |= changes.pop("properties", {})
        self.contacts[key] |= changes
        return give(self.contacts[key])


class Cascade(Crm):
    """Erasing a contact takes its notes along, which can be looked at and not erased."""

    def served(self, asked: Asked) -> Answer:
        match asked.method, self.segments(asked):
            case "GET", ["notes", key]:
                return give(self.notes[key]) if key in self.notes else Answer(404)
            case "DELETE", ["notes", _]:
                return Answer(405)
            case "DELETE", ["contacts", key]:
                own = [name for name, note in self.notes.items() if str(note["contact"]) == key]
                for name in own:
                    del self.notes[name]
        return super().served(asked)


class Shop(Api):
    """A web shop: bare lists, Link headers, basic authentication, addresses of people in the path."""

    base = "/wp-json/shop/v3"

    def __init__(self) -> None:
        super().__init__()
        self.customers: Rows = {
            str(number): {"id": number, "email": email, "role": "customer"}
            for number, email in enumerate(EMAILS, start=1)
        }
        self.orders: Rows = {
            str(number): {
                "id": number,
                "customer_id": owner,
                "status": "open" if number == 103 else "completed",
                "note": f"Order {number}",
            }
            for number, owner in ((101, 1), (102, 1), (103, 1), (104, 2), (105, 4), (106, 8))
        }

    def knows(self, asked: Asked) -> bool:
        proof = base64.b64encode(b"ck_shop:cs_shop").decode()
        return asked.headers.get("authorization") == f"Basic {proof}"

    def served(self, asked: Asked) -> Answer:
        match asked.method, self.segments(asked):
            case "GET", ["customers"]:
                wanted = asked.one("email") or ""
                return self.page(
                    asked, [r for r in self.customers.values() if same(r["email"], wanted)]
                )
            case "GET", ["orders"]:
                owner = asked.one("customer") or ""
                return self.page(
                    asked, [r for r in self.orders.values() if str(r["customer_id"]) == owner]
                )
            case "DELETE", ["customers", key]:
                return self.delete(asked, self.customers, key)
            case "DELETE", ["orders", key]:
                if self.orders.get(key, {}).get("status") == "open":
                    return Answer(409)
                return self.delete(asked, self.orders, key)
        return Answer(404)

    def page(self, asked: Asked, rows: list[Any]) -> Answer:
        number = int(asked.one("page") or 1)
        part = rows[(number - 1) * LIMIT : number * LIMIT]
        if number * LIMIT >= len(rows):
            return give(part)
        rest = "&".join(f"{name}={value}" for name, value in asked.query if name != "page")
        rest = rest.replace("@", "%40").replace("+", "%2B").replace(" ", "%20")
        link = f'<{self.server.url}{asked.path}?{rest}&page={number + 1}>; rel="next"'
        first = f'<{self.server.url}{asked.path}?{rest}&page=1>; rel="first", '
        return give(part, Link=first + link)

    delete = Crm.delete


class Desk(Api):
    """A support desk: OAuth 2 tokens that run out, cursors, a search that also finds the similar."""

    base = "/api/v2"

    def __init__(self) -> None:
        super().__init__()
        self.tokens: set[str] = set()
        self.grants: list[Asked] = []
        self.users: Rows = {
            f"u{number}": {"id": f"u{number}", "email": email, "name": f"Person {number}"}
            for number, email in enumerate(EMAILS, start=1)
        }
        self.tickets: Rows = {
            f"t{number}": {"id": f"t{number}", "requester": owner, "subject": f"Ticket {number}"}
            for number, owner in ((1, "u1"), (2, "u1"), (3, "u1"), (4, "u2"), (5, "u4"), (6, "u8"))
        }

    def answer(self, asked: Asked) -> Answer:
        if asked.path == "/oauth/tokens":
            return self.fault(asked) or self.grant(asked)
        return super().answer(asked)

    def grant(self, asked: Asked) -> Answer:
        self.grants.append(asked)
        proof = base64.b64encode(b"dsar:desk%2Fsecret").decode()
        if asked.headers.get("authorization") != f"Basic {proof}":
            return give({"error": "invalid_client"}, 400)
        token = secrets.token_hex(8)
        self.tokens.add(token)
        return give({"access_token": token, "token_type": "bearer", "expires_in": 3600})

    def knows(self, asked: Asked) -> bool:
        return asked.headers.get("authorization", "").removeprefix("Bearer ") in self.tokens

    def served(self, asked: Asked) -> Answer:
        match asked.method, self.segments(asked):
            case "POST", ["users", "search"]:
                return self.search(json.loads(asked.body))
            case "GET", ["users", key, "tickets"]:
                rows = [t for t in self.tickets.values() if t["requester"] == key]
                return give(self.slice(rows, asked.one("page[after]"), "tickets"))
            case "POST", ["users", key, "anonymize"]:
                return self.anonymize(asked, key)
            case "DELETE", ["tickets", key]:
                return Crm.delete(self, asked, self.tickets, key)  # type: ignore[arg-type]
        return Answer(404)

    def search(self, body: dict[str, Any]) -> Answer:
        """Everything that contains it, in any case: what search boxes do."""
        wanted = str(body["query"]).removeprefix("email:").strip('"').lower()
        rows = [r for r in self.users.values() if wanted in str(r["email"]).lower()]
        return give(self.slice(rows, body.get("after"), "users"))

    def slice(self, rows: list[Any], after: str | None, name: str) -> dict[str, Any]:
        start = int(base64.b64decode(after)) if after else 0
        more = start + LIMIT < len(rows)
        cursor = base64.b64encode(str(start + LIMIT).encode()).decode() if more else None
        return {
            name: rows[start : start + LIMIT],
            "meta": {"has_more": more, "after_cursor": cursor},
        }

    def anonymize(self, asked: Asked, key: str) -> Answer:
        user = self.users.get(key)
        if user is None or user["email"] is None:
            return Answer(404)
        self.did(asked, key)
        user |= {"email": None, "name": "Erased"}
        return give(user)
