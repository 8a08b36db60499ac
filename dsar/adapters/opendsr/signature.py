"""Whether an answer is the processor's: signed by a certificate of its domain that we trust.

OpenDSR 4.1, 4.2 and 8.3: issued by a trusted authority, never self-signed, for the domain the
answer names; the signature is over the raw body, RSA (PKCS #1 v1.5) or ECDSA, with SHA-256.
"""

import base64
import binascii
import warnings
from collections.abc import Mapping

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.utils import CryptographyDeprecationWarning
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from dsar.adapters.http import HttpAnswer
from dsar.adapters.opendsr.opendsr_settings import OpenDsrSettings
from dsar.sdk import NeedsHuman

#: The names of the specification's own past, which must be honoured (10.1).
_NAMES = ("opendsr", "opencompliance", "opengdpr")


class Signatures:
    """Checks answers against one certificate, which was itself checked."""

    def __init__(self, settings: OpenDsrSettings, chain: bytes) -> None:
        self._domain = settings.domain.lower()
        certificates = _read(settings, chain)
        self._key = certificates[0].public_key()
        _trust(settings, certificates)

    def check(self, reply: HttpAnswer) -> None:
        """NeedsHuman unless the answer is the processor's own; its body is not looked into."""
        domain = _header(reply.headers, "processor-domain")
        if domain.lower() != self._domain:
            raise self._untrusted("names another domain, or none, as its sender")
        try:
            signature = base64.b64decode(
                "".join(_header(reply.headers, "signature").split()), validate=True
            )
        except (binascii.Error, ValueError):
            raise self._untrusted("carries no signature that can be read") from None
        try:
            self._verify(signature, reply.body)
        except InvalidSignature:
            raise self._untrusted("is not signed by its certificate") from None

    def _verify(self, signature: bytes, body: bytes) -> None:
        if isinstance(self._key, rsa.RSAPublicKey):
            self._key.verify(signature, body, padding.PKCS1v15(), hashes.SHA256())
        elif isinstance(self._key, ec.EllipticCurvePublicKey):
            self._key.verify(signature, body, ec.ECDSA(hashes.SHA256()))
        else:
            raise self._untrusted("is signed with a kind of key OpenDSR does not know")

    def _untrusted(self, what: str) -> NeedsHuman:
        return NeedsHuman(
            f"An answer of {self._domain} {what}. Nothing of it was used; ask the processor."
        )


def _header(headers: Mapping[str, str], what: str) -> str:
    return next((headers[n] for name in _NAMES if (n := f"x-{name}-{what}") in headers), "")


def _read(settings: OpenDsrSettings, chain: bytes) -> list[x509.Certificate]:
    try:
        if b"-----BEGIN" in chain:
            return x509.load_pem_x509_certificates(chain)
        return [x509.load_der_x509_certificate(chain)]
    except ValueError:
        raise NeedsHuman(
            f"What {settings.domain} gives as its certificate is none. Ask the processor."
        ) from None


def _trust(settings: OpenDsrSettings, certificates: list[x509.Certificate]) -> None:
    """Chain, dates, domain (subject alternative name) and use, by the rules of the Web PKI."""
    leaf, *between = certificates
    authorities = _authorities(settings)
    try:
        verifier = PolicyBuilder().store(Store(authorities))
        verifier.build_server_verifier(x509.DNSName(settings.domain)).verify(leaf, between)
        signs = _signs(leaf)
    except (VerificationError, ValueError):
        signs = False
    if not signs:
        raise NeedsHuman(
            f"The certificate of {settings.domain} is not for that domain or for signatures, has "
            "run out, or comes from an authority we do not trust. Ask the processor, or set "
            "signing_ca_file."
        )


def _signs(leaf: x509.Certificate) -> bool:
    """Whether the certificate is for signatures; one that says nothing is for anything."""
    try:
        return leaf.extensions.get_extension_for_class(x509.KeyUsage).value.digital_signature
    except x509.ExtensionNotFound:
        return True


def _authorities(settings: OpenDsrSettings) -> list[x509.Certificate]:
    if settings.signing_ca_file is None:
        known = settings.tls.get_ca_certs(binary_form=True)
        with warnings.catch_warnings():  # some old authorities number their certificates oddly
            warnings.simplefilter("ignore", CryptographyDeprecationWarning)
            return [x509.load_der_x509_certificate(one) for one in known]
    try:
        return x509.load_pem_x509_certificates(settings.signing_ca_file.read_bytes())
    except (OSError, ValueError):
        raise NeedsHuman(
            "The file named by the setting signing_ca_file holds no certificate. Put it there as "
            "PEM."
        ) from None
