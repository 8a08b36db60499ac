"""Which function does which kind of task: the whole list."""

from collections.abc import Mapping

from dsar.services.bundles.build import bundle
from dsar.services.ticket.run_task import Handler
from dsar.services.work.act import act, restrict_now
from dsar.services.work.decide import decide
from dsar.services.work.lift_restriction import lift
from dsar.services.work.search import search
from dsar.services.work.start import start
from dsar.services.work.verify import look_again

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
