"""An S3-compatible server over HTTP for tests, which checks the signature of every request.

`with S3Server() as server, server.bucket() as name:` gives a bucket; whoever speaks to it does so at
`server.endpoint` with `server.key` and `server.secret`. What is kept is kept in memory: `.kill()`
and `.restart()` forget all of it.
"""

import contextlib
import json
import sys
import urllib.request
import uuid
from collections.abc import Iterator
from typing import Any

import boto3

from tests.servers import Server

REGION = "us-east-1"
_MAY_ALL = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}],
}


class S3Server(Server):
    """S3 with one user, who may do everything; anybody else is refused as the real one does."""

    key = ""
    secret = ""

    @property
    def endpoint(self) -> str:
        """The address of the server, for `endpoint_url`."""
        return f"http://127.0.0.1:{self.port}"

    def command(self) -> list[str]:
        return [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(self.port)]

    def answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.endpoint}/moto-api/data.json", timeout=5):
                return True
        except OSError:
            return False

    def start(self) -> None:
        super().start()
        self._check_signatures()

    def _check_signatures(self) -> None:
        """Makes the user with the three requests that need no signature; all others do."""
        self._administer("/moto-api/reset-auth", b"3")
        with self._client("iam", "nobody", "nothing") as iam:
            iam.create_user(UserName="dsar")
            iam.put_user_policy(
                UserName="dsar", PolicyName="all", PolicyDocument=json.dumps(_MAY_ALL)
            )
            made = iam.create_access_key(UserName="dsar")["AccessKey"]
        self.key, self.secret = made["AccessKeyId"], made["SecretAccessKey"]

    def _administer(self, path: str, body: bytes) -> None:
        headers = {"Content-Type": "text/plain"}
        asked = urllib.request.Request(f"{self.endpoint}{path}", body, headers, method="POST")
        with urllib.request.urlopen(asked, timeout=60):
            pass

    @contextlib.contextmanager
    def client(self) -> Iterator[Any]:
        """boto3's S3 client, as the user who may do everything."""
        with self._client("s3", self.key, self.secret) as client:
            yield client

    @contextlib.contextmanager
    def _client(self, service: str, key: str, secret: str) -> Iterator[Any]:
        client = boto3.client(
            service,
            endpoint_url=self.endpoint,
            aws_access_key_id=key,
            aws_secret_access_key=secret,
            region_name=REGION,
        )
        try:
            yield client
        finally:
            client.close()

    @contextlib.contextmanager
    def bucket(self) -> Iterator[str]:
        """A new bucket for the length of the block: its name."""
        name = f"t-{uuid.uuid4().hex}"
        with self.client() as client:
            client.create_bucket(Bucket=name)
            try:
                yield name
            finally:
                if self.process:  # a test may have ended the server
                    self._remove(client, name)

    def _remove(self, client: Any, name: str) -> None:
        for page in client.get_paginator("list_object_versions").paginate(Bucket=name):
            for one in (*page.get("Versions", ()), *page.get("DeleteMarkers", ())):
                client.delete_object(Bucket=name, Key=one["Key"], VersionId=one["VersionId"])
        client.delete_bucket(Bucket=name)
