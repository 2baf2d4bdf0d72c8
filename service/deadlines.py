"""A deadline for a whole piece of work that makes several calls."""

import time


class Deadline:
    """The moment at which work that began now has to be over."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def left(self) -> float:
        """Return the seconds that are left; none or fewer once it is past."""
        return self._end - time.monotonic()

    def share(self, tries: int) -> float:
        """Return the seconds that one of so many tries may take: a silent one leaves time for the others."""
        return self.left() / tries
