"""A real Dovecot for tests: IMAP, IMAP over TLS and STARTTLS on free loopback ports.

`with Dovecot() as server, server.account() as account:` gives an empty mailbox of the test's own. The
certificate is made for `localhost` and signed by nobody else: `server.certificate` is what to trust.
"""

import contextlib
import datetime as dt
import getpass
import grp
import imaplib
import pwd
import shutil
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.servers import Server, find_program, free_port, ordinary_user

CONFIG = """
protocols = imap
listen = 127.0.0.1
base_dir = {directory}/run
state_dir = {directory}/run
log_path = /dev/stderr
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
first_valid_uid = 1
auth_failure_delay = 0
mail_fsync = never
disable_plaintext_auth = {only_encrypted}
ssl = {ssl}
ssl_cert = <{directory}/certificate.pem
ssl_key = <{directory}/key.pem
mail_location = maildir:~/mail
{extra}
passdb {{
  driver = passwd-file
  args = scheme=PLAIN username_format=everybody {directory}/users
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={directory}/home/%u
}}
namespace inbox {{
  inbox = yes
  separator = /
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = {tls_port}
    ssl = yes
  }}
}}
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service stats {{
  chroot =
}}
"""
PASSWORD = 'a "pass\\word" of the tests'


@dataclass(frozen=True)
class Account:
    """One mailbox on the server, and its owner's hands."""

    server: "Dovecot"
    user: str

    @contextlib.contextmanager
    def session(self) -> Iterator[imaplib.IMAP4]:
        """An IMAP session of the owner's own."""
        with imaplib.IMAP4("127.0.0.1", self.server.port, timeout=60) as client:
            client.authenticate("PLAIN", lambda _: f"\0{self.user}\0{PASSWORD}".encode())
            yield client

    def put(self, *messages: bytes, folder: str = "INBOX") -> None:
        """Puts messages into a folder, made if need be; line ends as on the wire."""
        with self.session() as client:
            client.create(f'"{folder}"')
            for message in messages:
                wire = message.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
                status, why = client.append(f'"{folder}"', "", None, wire)
                assert status == "OK", why

    def count(self, folder: str = "INBOX") -> int:
        with self.session() as client:
            _status, [number] = client.select(f'"{folder}"', readonly=True)
            return int(number)


class Dovecot(Server):
    """`extra` is more of its configuration, such as the capabilities it does not tell of."""

    def __init__(self, extra: str = "", *, ssl_mode: str = "yes", plain: bool = True) -> None:
        find_program("dovecot")
        self.user = ordinary_user()
        super().__init__()
        self.tls_port = free_port()
        self.extra, self.ssl_mode, self.plain = extra, ssl_mode, plain
        self.certificate = self.directory / "certificate.pem"

    def start(self) -> None:
        if not self.certificate.exists():
            self._prepare()
        super().start()

    def _prepare(self) -> None:
        own = pwd.getpwnam(self.user or getpass.getuser())
        (self.directory / "home").mkdir()
        (self.directory / "users").write_text(f"everybody:{{PLAIN}}{PASSWORD}\n")
        _write_certificate(self.certificate, self.directory / "key.pem")
        config = CONFIG.format(
            directory=self.directory,
            user=own.pw_name,
            group=grp.getgrgid(own.pw_gid).gr_name,
            uid=own.pw_uid,
            gid=own.pw_gid,
            port=self.port,
            tls_port=self.tls_port,
            ssl=self.ssl_mode,
            only_encrypted="no" if self.plain else "yes",
            extra=self.extra,
        )
        (self.directory / "dovecot.conf").write_text(config)
        if self.user:
            for path in self.directory.rglob("*"):
                shutil.chown(path, own.pw_uid, own.pw_gid)

    def command(self) -> list[str]:
        return [find_program("dovecot"), "-F", "-c", str(self.directory / "dovecot.conf")]

    def answers(self) -> bool:
        try:
            with imaplib.IMAP4("127.0.0.1", self.port, timeout=5):
                return True
        except (OSError, imaplib.IMAP4.error):
            return False

    @contextlib.contextmanager
    def account(self) -> Iterator[Account]:
        """An empty mailbox of the test's own."""
        yield Account(self, f"u{uuid.uuid4().hex}")


def _write_certificate(certificate: Path, key: Path) -> None:
    """A certificate for `localhost` that nobody signed but itself."""
    own = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(own.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(own, hashes.SHA256())
    )
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    key.write_bytes(
        own.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
