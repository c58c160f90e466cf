"""What the suites found, free of the library that ran them."""

from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Failure:
    """One expectation that did not hold."""

    suite: str
    column: str
    rule: str
    count: int
    rows: int
    example: str
    advice: str

    def line(self) -> str:
        """Return the failure as one line: where, what, how often, an example, what to do."""
        where = f"{self.suite}.{self.column}" if self.column else self.suite
        often = f" {self.count} of {self.rows} rows fail" if self.count else ""
        example = f", for example {self.example}" if self.example else ""
        return f"{where}: {self.rule};{often}{example}. {self.advice}".replace(";,", ";")


@dataclass(frozen=True)
class SuiteResult:
    """One suite on one landed folder or survey; `tables` is HTML, one row per expectation."""

    name: str
    kind: str
    rows: int
    rows_checked: int
    expectations: int
    failures: list[Failure]
    tables: str = field(repr=False)


@dataclass(frozen=True)
class QualityReport:
    """All suites of one landing."""

    suites: list[SuiteResult]

    @property
    def success(self) -> bool:
        """Say whether every expectation of every suite held."""
        return not any(suite.failures for suite in self.suites)

    def problems(self) -> Iterator[str]:
        """Yield one line per failed expectation."""
        for suite in self.suites:
            for failure in suite.failures:
                yield failure.line()
