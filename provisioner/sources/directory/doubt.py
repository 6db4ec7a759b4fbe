"""When a reading can't be sure of having everybody."""

from provisioner.model.text import Text


class Doubt(Exception):
    """Nobody could be looked for, so that nothing may be concluded: ends as the reading's ``gap``."""

    def __init__(self, why: Text) -> None:
        super().__init__(why.code)
        self.why = why
