"""Errors that a user can cause and can mend: one line per problem, never a traceback."""

from collections.abc import Iterable


class UserError(Exception):
    """Bad data or a failed check; the command line prints each problem and exits with 1.

    Each problem is one line that names the file, column, row and an example value where they
    exist, and says what to change.
    """

    def __init__(self, *problems: str) -> None:
        super().__init__("\n".join(problems))
        self.problems = list(problems)

    @classmethod
    def collect(cls, problems: Iterable[str]) -> None:
        """Raise one error that carries every problem, or nothing when there is none."""
        found = list(problems)
        if found:
            raise cls(*found)
