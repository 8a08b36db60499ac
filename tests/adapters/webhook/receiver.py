"""A system that answers webhook inquiries as PROTOCOL.md says: standard library only, nothing of ours.

It keeps members in a dict. A message is checked and noted; `work` answers what was noted, as a job
of its own would.
"""

import base64
import hashlib
import hmac
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.error import HTTPError
from urllib.request import Request, urlopen

TOLERANCE = 300


class Receiver:
    """Listens on loopback. Use it as a context manager."""

    def __init__(self, secret: str, members: dict[str, dict[str, Any]], installation: str) -> None:
        self.key = base64.b64decode(secret.removeprefix("whsec_"))
        self.members = members
        self.installation = installation
        self.away = 0  # so many messages are answered with 503 first
        self.heard: list[str] = []  # every message, also those that came again
        self.noted: dict[str, dict[str, Any]] = {}  # by webhook-id: what is to be answered
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                status = outer.hear({k.lower(): v for k, v in self.headers.items()}, body)
                self.send_response(status)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/dsar"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def hear(self, headers: dict[str, str], body: bytes) -> int:
        """Checks a message and notes it; the status to answer with."""
        if self.away:
            self.away -= 1
            return 503
        name, stamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "0")
        sent = headers.get("webhook-signature", "").split(" ")
        expected = self.signature(name, stamp, body)
        fits = [hmac.compare_digest(one, expected) for one in sent]
        if not any(fits) or abs(time.time() - int(stamp)) > TOLERANCE:
            return 401
        told = json.loads(body)["data"]
        if not told["answer_url"].startswith(self.installation + "/"):
            return 400
        self.heard.append(name)
        self.noted.setdefault(name, told)
        return 202

    def signature(self, name: str, stamp: str, body: bytes) -> str:
        signed = f"{name}.{stamp}.".encode() + body
        digest = hmac.new(self.key, signed, hashlib.sha256).digest()
        return "v1," + base64.b64encode(digest).decode()

    def work(self) -> list[int]:
        """Answers everything noted; the status of each answer."""
        done = []
        for name, told in list(self.noted.items()):
            with urlopen(told["answer_url"]) as page:
                question = json.load(page)
            if not question["answered"]:
                done.append(self.answer(name, told["answer_url"], self.decide(question)))
            del self.noted[name]
        return done

    def answer(self, name: str, url: str, given: Any, *, stamp: int | None = None) -> int:
        """Sends one signed answer."""
        body, moment = json.dumps(given).encode(), str(stamp or int(time.time()))
        headers = {
            "content-type": "application/json",
            "webhook-id": name,
            "webhook-timestamp": moment,
            "webhook-signature": self.signature(name, moment, body),
        }
        try:
            with urlopen(Request(url, body, headers, method="POST")) as reply:
                return int(reply.status)
        except HTTPError as refused:
            refused.close()
            return refused.code

    def decide(self, question: dict[str, Any]) -> dict[str, Any]:
        """What this system has to say to a question."""
        if question["verb"] == "find":
            return self._find(question)
        done = {"erase": "erased", "rectify": "rectified"}[question["verb"]]
        receipts = []
        for one in question["records"]:
            there = one["key"] in self.members
            if question["verb"] == "erase":
                self.members.pop(one["key"], None)
            elif there:
                self.members[one["key"]].update(one["changes"])
            receipts.append(
                {"collection": "members", "key": one["key"], "done": done if there else "missing"}
            )
        return {"outcome": "receipts", "receipts": receipts}

    def _find(self, question: dict[str, Any]) -> dict[str, Any]:
        emails = {one["value"] for one in question["identifiers"] if one["kind"] == "email"}
        rows = [
            {"collection": "members", "key": key, "data": data}
            for key, data in self.members.items()
            if data["email"] in emails
        ]
        return {"outcome": "records", "records": rows} if rows else {"outcome": "nothing"}
