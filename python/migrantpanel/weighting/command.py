"""The command `migrantpanel calibrate`: calibrated weights for anybody's file.

`cli.py` registers it with `app.command()(calibrate)`.
"""

import sys
import warnings
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

WEIGHT, G = "weight", "g"


class Method(StrEnum):
    """How the distance between design and calibrated weights is measured."""

    linear = "linear"
    raking = "raking"
    logit = "logit"


def calibrate(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="The sample: .csv, .parquet, .sav or .dta.")
    ],
    design_weight: Annotated[
        str, typer.Option(metavar="COL", help="The column with the design weights.")
    ],
    margins: Annotated[
        Path,
        typer.Option(
            metavar="FILE",
            help="CSV with the columns margin, category, total. An empty category is a numeric "
            "total; (null) stands for rows without a value. With --statline, a raw download.",
        ),
    ],
    out: Annotated[
        Path,
        typer.Option(
            metavar="FILE", help="The sample with its weight and g: .csv, .parquet, .sav or .dta."
        ),
    ],
    method: Annotated[Method, typer.Option(help="Logit needs bounds.")] = Method.linear,
    bounds: Annotated[
        tuple[float, float] | None,
        typer.Option(metavar="L U", help="Limits on weight / design weight, L < 1 < U."),
    ] = None,
    domain: Annotated[
        str | None,
        typer.Option(
            metavar="COL",
            help="Calibrate each category of this column apart; the margins have a column domain.",
        ),
    ] = None,
    tol: Annotated[float, typer.Option(help="Largest relative error, at most 1e-9.")] = 1e-10,
    max_iter: Annotated[int, typer.Option(min=1, help="Largest number of steps.")] = 200,
    statline: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="The margins are a raw StatLine download, and this CSV says which of its keys "
            "make which category: columns margin, dimension, key, category.",
        ),
    ] = None,
    topic: Annotated[
        str | None,
        typer.Option(metavar="COL", help="The column of the StatLine download with the counts."),
    ] = None,
    weight_name: Annotated[
        str, typer.Option(metavar="COL", help="What the new column of weights is called.")
    ] = WEIGHT,
) -> None:
    """Calibrate the weights of a sample to population margins, exactly or not at all.

    Writes the file's rows and columns with two more: the weight, and g (weight / design weight).
    """
    from migrantpanel.weighting import files
    from migrantpanel.weighting.calibration import calibrate as solve
    from migrantpanel.weighting.errors import CalibrationError, CalibrationWarning
    from migrantpanel.weighting.statline import read_statline

    files.file_format(out)
    if out.resolve() == file.resolve():
        raise CalibrationError(f"{out}: is the sample itself; write the weights to another file")
    if statline is None:
        counts, totals = files.read_margins(margins, with_domain=domain is not None)
    elif domain is not None:
        raise CalibrationError(f"{margins}: a StatLine download has no domains; leave out --domain")
    else:
        counts, totals = read_statline(margins, statline, topic), {}
    sample = files.read_sample(file)
    CalibrationError.collect(
        f"{file}: already has a column {name!r}; rename it, or see --weight-name"
        for name in (weight_name, G)
        if name in sample.frame.columns
    )
    nested = (counts, totals) if domain is None else (_merged(counts), _merged(totals))
    columns = files.calibration_columns(
        sample,
        file,
        categorical=[*nested[0], *([domain] if domain is not None else [])],
        numeric=[design_weight, *nested[1]],
    )
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", CalibrationWarning)
        result = solve(
            columns, design_weight, counts, totals, method.value, bounds, tol, max_iter, domain
        )
    files.write_sample(sample, {weight_name: result.weights, G: result.g}, out)
    for warning in caught:
        if issubclass(warning.category, CalibrationWarning):
            print(f"warning: {warning.message}", file=sys.stderr)
    ratio = result.ratio
    outside = int(((ratio <= 1 / 3) | (ratio >= 3)).sum())
    print(
        f"{out}: {len(result.g):,} rows, {result.iterations} steps, largest relative error "
        f"{result.max_relative_error:.1e}, g from {result.g.min():.4g} to {result.g.max():.4g}, "
        f"{outside:,} rows with a weight ratio outside (1/3, 3)",
        file=sys.stderr,
    )


def _merged(parts: dict[str | None, dict]) -> dict:
    """Return what any domain names."""
    return {name: value for part in parts.values() for name, value in part.items()}
