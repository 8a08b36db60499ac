"""Which function does which kind of task: the whole list."""

from collections.abc import Mapping

from dsar.services.tasks import Handler
from dsar.services.work.acting import act, restrict_now
from dsar.services.work.collection import search
from dsar.services.work.decisions import decide
from dsar.services.work.lifting import lift
from dsar.services.work.looking import look_again
from dsar.services.work.starting import start
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
        "lift": lift,
    },
    "render": {"bundle": bundle},
}
