"""Which function does which kind of task: the whole list."""

from collections.abc import Mapping

from dsar.services.acting import act, restrict_now
from dsar.services.collection import search
from dsar.services.decisions import decide
from dsar.services.looking import look_again
from dsar.services.starting import start
from dsar.services.tasks import Handler
from workers.bundling import bundle

#: The queues and what is done in each; rendering never delays a search.
QUEUES: Mapping[str, Mapping[str, Handler]] = {
    "work": {
        "start": start,
        "search": search,
        "restrict_now": restrict_now,
        "decide": decide,
        "act": act,
        "look_again": look_again,
    },
    "render": {"bundle": bundle},
}
