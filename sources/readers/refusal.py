"""How a reader says that a file as a whole cannot be loaded."""

from __future__ import annotations

from sources.staging import Refusal


class RefusalError(Exception):
    """The file is refused; `refusal` tells rule, line and what to do next, and holds no personal value."""

    def __init__(self, rule: str, message: str, line: int | None = None) -> None:
        super().__init__(f"{rule}: {message}" + (f" (line {line})" if line else ""))
        self.refusal = Refusal(rule, message, line)
