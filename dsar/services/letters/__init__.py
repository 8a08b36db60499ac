"""What the person is told: in their language, in the house's wording, with all the law demands.

`writing` writes and reads the letters of a ticket, `facts` gathers what they can say, `wording`
chooses their text and holds it to the law, `house_wording` reads the house's own, `grammar` admits
what a text may do, `words` has what else they are made of, `samples` are invented facts, and
`previews` shows letters made of them.
"""

from dsar.services.letters.write import (
    TITLES,
    WrittenLetter,
    queue,
    queue_once,
    wordings_of,
    written,
)

__all__ = ["TITLES", "WrittenLetter", "queue", "queue_once", "wordings_of", "written"]
