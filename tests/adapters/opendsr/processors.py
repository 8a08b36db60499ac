"""A reference processor of OpenDSR 2.0: a real server with people, requests and a signing key."""

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from tests.adapters.http.servers import Answer, Asked, Authority, Server

DOMAIN = "opendsr.ads.example"
#: One key for all tests: making one costs more than each of them.
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


class ReferenceProcessor:
    """Keeps `people` (identity → what it holds); a request is done after `polls` status requests."""

    def __init__(self, folder: Path, polls: int = 0) -> None:
        self.authority = Authority(folder)
        self.key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey = KEY
        self.certificate = self.authority.issue(DOMAIN, key=KEY)
        self.polls = polls
        self.people: dict[tuple[str, str], list[dict[str, Any]]] = {}
        self.requests: dict[str, dict[str, Any]] = {}
        self.taken: list[dict[str, Any]] = []
        self.types = ["access", "erasure"]
        self.identities = [("email", "raw"), ("email", "sha256"), ("controller_customer_id", "raw")]
        self.domain = DOMAIN
        self.headers = "X-OpenDSR"
        self.fault: Callable[[Asked], Answer | None] = lambda _: None
        self.spoil: Callable[[dict[str, Any]], dict[str, Any]] = lambda body: body
        self.results: Callable[[list[dict[str, Any]]], Answer] = lambda rows: Answer(
            body=json.dumps(rows).encode()
        )
        self.results_place = ""
        self.certificate_url = ""
        self.server = Server(self.answer)

    @property
    def url(self) -> str:
        return f"{self.server.url}/v2"

    def answer(self, asked: Asked) -> Answer:
        return self.fault(asked) or self.served(asked)

    def served(self, asked: Asked) -> Answer:
        path = asked.path.removeprefix("/v2").strip("/").split("/")
        match asked.method, path:
            case "GET", ["discovery"]:
                return self.discovery()
            case "GET", ["cert.pem"]:
                return self.pem()
            case "POST", ["requests"]:
                return self.take(json.loads(asked.body), asked.body)
            case "GET", ["requests", request]:
                return self.status(request)
            case "GET", ["results", request]:
                return self.results(self.held(self.requests[request]))
        return Answer(404)

    def pem(self) -> Answer:
        pem = self.certificate.public_bytes(serialization.Encoding.PEM)
        return Answer(body=pem, headers={"content-type": "application/x-pem-file"})

    def discovery(self) -> Answer:
        body = {
            "api_version": "2.0",
            "supported_identities": [
                {"identity_type": kind, "identity_format": form} for kind, form in self.identities
            ],
            "supported_subject_request_types": self.types,
            "processor_certificate": self.certificate_url or f"{self.url}/cert.pem",
        }
        return Answer(body=json.dumps(body).encode())

    def take(self, body: dict[str, Any], raw: bytes) -> Answer:
        request = body["subject_request_id"]
        if request in self.requests:
            return Answer(400)  # a duplicate, as real processors answer it
        self.taken.append(body)
        self.requests[request] = {**body, "polls": self.polls}
        said = {
            "controller_id": "dsar",
            "received_time": "2026-01-02T03:04:05Z",
            "expected_completion_time": "2026-02-01T00:00:00Z",
            "encoded_request": base64.b64encode(raw).decode(),
            "subject_request_id": request,
        }
        return self.signed(said, 201)

    def status(self, request: str) -> Answer:
        known = self.requests.get(request)
        if known is None:
            return Answer(404)
        done = known["polls"] <= 0
        known["polls"] -= 1
        state = known.get("state") or ("completed" if done else "in_progress")
        said = {
            "controller_id": "dsar",
            "expected_completion_time": "2026-02-01T00:00:00Z",
            "subject_request_id": request,
            "request_status": state,
            "api_version": "2.0",
            "results_url": None,
        }
        if state == "completed" and known["subject_request_type"] == "erasure":
            self.people.pop(self.who(known), None)
        elif state == "completed":
            said["results_count"] = len(self.held(known))
            said["results_url"] = f"{self.results_place or self.url}/results/{request}"
        return self.signed(said)

    def who(self, known: dict[str, Any]) -> tuple[str, str]:
        [identity] = known["subject_identities"]
        return identity["identity_type"], identity["identity_value"]

    def held(self, known: dict[str, Any]) -> list[dict[str, Any]]:
        return self.people.get(self.who(known), [])

    def signed(self, said: dict[str, Any], status: int = 200) -> Answer:
        body = json.dumps(self.spoil(said)).encode()
        if isinstance(self.key, rsa.RSAPrivateKey):
            signature = self.key.sign(body, padding.PKCS1v15(), hashes.SHA256())
        else:
            signature = self.key.sign(body, ec.ECDSA(hashes.SHA256()))
        headers = {
            f"{self.headers}-Processor-Domain": self.domain,
            f"{self.headers}-Signature": base64.b64encode(signature).decode(),
        }
        return Answer(status, body, headers)
