"""Which addresses a source may stand at: no setting opens the house's own network by chance."""

import ipaddress
from collections.abc import Callable, Mapping

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

#: Where clouds tell a machine its own credentials. Those that are link-local are refused as such.
METADATA = frozenset(
    ipaddress.ip_address(text)
    for text in ("100.100.100.200", "168.63.129.16", "192.0.0.192", "fd00:ec2::254", "fd20:ce::254")
)
#: IPv6 addresses that stand for an IPv4 one, which then is what counts (RFC 6052).
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")

#: Never to be reached, whatever the settings say.
_NEVER: Mapping[str, Callable[[Address], bool]] = {
    "a cloud's metadata service": lambda one: one in METADATA,
    "a link-local address": lambda one: one.is_link_local,
    "a multicast address": lambda one: one.is_multicast,
    "an unspecified address": lambda one: one.is_unspecified,
    "a reserved address": lambda one: (
        not one.is_loopback and (one.is_reserved or getattr(one, "is_site_local", False))
    ),
}


def meant(text: str) -> Address:
    """The address that is really reached by `text`; ValueError where it is none."""
    address = ipaddress.ip_address(text)
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address


def is_private(text: str) -> bool:
    """Whether the address is this machine or a network that the Internet does not reach."""
    address = meant(text)
    return address.is_loopback or not address.is_global


def refusal(text: str, *, allow_private: bool) -> str | None:
    """What the address is, where it must not be reached; None where it may."""
    address = meant(text)
    never = next((name for name, fits in _NEVER.items() if fits(address)), None)
    if never:
        return never
    return "a private address" if is_private(text) and not allow_private else None
