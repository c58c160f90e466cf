"""Names that dbt gives its templates and sqlfluff lacks, so that the linter can render them."""

from collections.abc import Callable
from types import SimpleNamespace

execute = False
target = SimpleNamespace(database="database", type="duckdb")

# Wide models loop over the columns of their contract: one column is enough to lint them.
_meta = SimpleNamespace(harmonised=True)
_column = SimpleNamespace(
    name="a_column", data_type="int", meta={}, config=SimpleNamespace(meta=_meta)
)
model = SimpleNamespace(name="a_model", columns={"a_column": _column})


class adapter:
    """Stands in for dbt's adapter."""

    @staticmethod
    def dispatch(macro_name: str) -> Callable[..., str]:
        """Return a call of a function with the macro's name."""
        return lambda *arguments: f"{macro_name}({', '.join(map(str, arguments))})"


class exceptions:
    """Stands in for dbt's errors: variables are no real ones while linting."""

    @staticmethod
    def raise_compiler_error(message: str) -> str:
        """Return nothing; dbt would stop."""
        return ""
