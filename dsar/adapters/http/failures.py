"""What an exchange without a whole answer means to us: `Later` or `NeedsHuman`.

No address, header or text of the answer is passed on: addresses hold identifiers.
"""

import ssl

import httpcore2

from dsar.sdk import Later, NeedsHuman


def of_network(host: str, error: Exception) -> Later | NeedsHuman:
    """The failure of an exchange that brought no whole answer."""
    cause = error.__cause__ or error.__context__
    if isinstance(cause, ssl.SSLCertVerificationError):
        return NeedsHuman(
            f"{host} shows a certificate we do not trust (error {cause.verify_code}). Mend the "
            "certificate, or name your own authority in the setting ca_file."
        )
    if isinstance(cause, ssl.SSLError):
        return NeedsHuman(f"{host} does not speak TLS as we do. Mend its TLS, or the setting url.")
    if isinstance(error, httpcore2.ProxyError):
        return NeedsHuman("The proxy does not let us through. Correct the setting proxy.")
    if isinstance(error, httpcore2.LocalProtocolError):
        return NeedsHuman("A header of this source's settings cannot be sent. Correct the headers.")
    return next(
        (
            Later(words.format(host=host), wait)
            for kind, words, wait in _NETWORK
            if isinstance(error, kind)
        ),
        Later(f"{host} broke off in the middle.", 10),
    )


_NETWORK: tuple[tuple[type[Exception], str, float], ...] = (
    (httpcore2.ConnectTimeout, "{host} cannot be reached: no connection in time.", 60),
    (httpcore2.TimeoutException, "{host} did not answer in time.", 60),
    (httpcore2.ConnectError, "{host} cannot be reached.", 60),
    (httpcore2.RemoteProtocolError, "{host} broke off in the middle, or does not speak HTTP.", 10),
)
