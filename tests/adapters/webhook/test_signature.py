"""Signatures are those of Standard Webhooks; what is not signed just now by us is not taken."""

import base64

import pytest

from dsar.adapters.webhook import signature
from dsar.adapters.webhook.signature import check, secret, sign
from dsar.sdk.desk import Untrusted

OLD = secret("whsec_" + base64.b64encode(b"o" * 32).decode())
NEW = secret("whsec_" + base64.b64encode(b"n" * 32).decode())
NOW = 1_614_265_330


def test_the_published_example_is_signed_as_published() -> None:
    """The test vector of the Standard Webhooks libraries."""
    key = secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    headers = sign([key], "msg_p5jXN8AQM9LWM0D4loKWxJek", NOW, b'{"test": 2432232314}')
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_while_a_secret_is_replaced_either_counts() -> None:
    both = sign([NEW, OLD], "m", NOW, b"x")
    assert both["webhook-signature"].count("v1,") == 2
    for keys in ([OLD], [NEW], [NEW, OLD]):
        check(keys, "m", both, b"x", now=NOW)
    check([NEW, OLD], "m", sign([OLD], "m", NOW, b"x"), b"x", now=NOW)


REFUSED = [
    # what was changed                        why
    ({"webhook-id": "other"},                 "webhook-id"),
    ({"webhook-id": ""},                      "webhook-id"),
    ({"webhook-timestamp": str(NOW + 1)},     "no signature of ours"),
    ({"webhook-timestamp": "soon"},           "seconds since 1970"),
    ({"webhook-timestamp": "²"},              "seconds since 1970"),
    ({"webhook-timestamp": "9" * 40},         "seconds since 1970"),
    ({"webhook-timestamp": str(NOW - 301)},   "more than 300 seconds"),
    ({"webhook-timestamp": str(NOW + 301)},   "more than 300 seconds"),
    ({"webhook-signature": ""},               "no signature of ours"),
    ({"webhook-signature": "v1,"},            "no signature of ours"),
    ({"webhook-signature": "v1a,é"},          "no signature of ours"),
]  # fmt: skip


@pytest.mark.parametrize(("changed", "why"), REFUSED)
def test_what_is_not_ours_is_refused_with_the_reason(changed: dict[str, str], why: str) -> None:
    headers = sign([NEW], "m", NOW, b"x") | changed
    with pytest.raises(Untrusted, match=why):
        check([NEW], "m", headers, b"x", now=NOW)


def test_another_body_or_another_secret_is_refused() -> None:
    headers = sign([NEW], "m", NOW, b"x")
    for keys, body in (([NEW], b"y"), ([OLD], b"x"), ([], b"x")):
        with pytest.raises(Untrusted, match="no signature"):
            check(keys, "m", headers, body, now=NOW)


def test_every_comparison_takes_the_same_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each key is tried on each signature whichever fits first."""
    calls = []
    real = signature.hmac.compare_digest
    monkeypatch.setattr(
        signature.hmac, "compare_digest", lambda a, b: calls.append(1) or real(a, b)
    )
    check([NEW, OLD], "m", sign([NEW, OLD], "m", NOW, b"x"), b"x", now=NOW)
    assert len(calls) == 1 + 4


@pytest.mark.parametrize("text", ["whsec_", "whsec_!!!", "whsec_" + "QQ==", "x" * 200])
def test_a_weak_or_broken_secret_is_no_secret(text: str) -> None:
    with pytest.raises(ValueError, match="is not"):
        secret(text)
