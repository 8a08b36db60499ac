"""Who looks at a page. Until there is a sign-in, no more is known than that it is somebody here."""

from starlette.requests import Request

from dsar.services.runtime.actor import Actor, staff

_SOMEBODY = staff("console")


def viewer_of(request: Request) -> Actor:
    """Who sent the request, as the journal names them."""
    del request  # it carries no proof of anybody yet
    return _SOMEBODY
