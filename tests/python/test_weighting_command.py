"""The command `migrantpanel calibrate`, format by format, and what it says of bad files."""

import re
from pathlib import Path

import numpy as np
import polars as pl
import pyreadstat
import pytest
import typer
from typer.testing import CliRunner

from calibration_sample import (
    MARGINS,
    SAMPLE,
    TOTALS,
    write_margins,
)
from migrantpanel.weighting import CalibrationError, calibrate
from migrantpanel.weighting.command import calibrate as command


@pytest.fixture(scope="module")
def app() -> typer.Typer:
    made = typer.Typer(pretty_exceptions_enable=False)
    made.command()(command)
    return made


def run(app: typer.Typer, *arguments: object):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.mark.parametrize("extension", ["csv", "parquet", "sav", "dta"])
def test_the_command_reads_and_writes_every_format(app, tmp_path, extension):
    given_file, out = tmp_path / f"given.{extension}", tmp_path / f"out.{extension}"
    write = {
        "csv": SAMPLE.write_csv,
        "parquet": SAMPLE.write_parquet,
        "sav": lambda path: pyreadstat.write_sav(SAMPLE, path),
        "dta": lambda path: pyreadstat.write_dta(SAMPLE, path),
    }
    write[extension](given_file)
    write_margins(tmp_path / "margins.csv", MARGINS, TOTALS)
    done = run(
        app,
        *(given_file, "--design-weight", "d", "--margins", tmp_path / "margins.csv"),
        *("--method", "logit", "--bounds", 0.2, 4, "--out", out),
    )
    assert done.exit_code == 0, done.output
    read = {
        "csv": pl.read_csv,
        "parquet": pl.read_parquet,
        "sav": lambda path: pyreadstat.read_sav(path, output_format="polars")[0],
        "dta": lambda path: pyreadstat.read_dta(path, output_format="polars")[0],
    }
    written = read[extension](out)
    expected = calibrate(SAMPLE, "d", MARGINS, TOTALS, "logit", (0.2, 4))
    assert written.columns == [*SAMPLE.columns, "weight", "g"]
    assert np.allclose(written["weight"].to_numpy(), expected.weights, rtol=1e-12)
    assert np.allclose(written["g"].to_numpy(), expected.g, rtol=1e-12)
    assert written["income"].to_numpy() == pytest.approx(SAMPLE["income"].to_numpy())


def test_the_command_keeps_labels_and_declared_missing_values(app, tmp_path):
    codes = pl.DataFrame({"edu": [1.0, 2.0, 98.0, 98.0], "d": [1.0, 2.0, 3.0, 4.0]})
    pyreadstat.write_sav(
        codes,
        tmp_path / "given.sav",
        column_labels={"edu": "Education"},
        variable_value_labels={"edu": {1.0: "low", 2.0: "high", 98.0: "don't know"}},
        missing_ranges={"edu": [98.0]},
    )
    write_margins(tmp_path / "margins.csv", {"edu": {"1": 5, "2": 5, "98": 14}}, {})
    done = run(
        app,
        *(tmp_path / "given.sav", "--design-weight", "d", "--margins", tmp_path / "margins.csv"),
        *("--out", tmp_path / "out.sav", "--weight-name", "w"),
    )
    assert done.exit_code == 0, done.output
    frame, meta = pyreadstat.read_sav(
        tmp_path / "out.sav", user_missing=True, output_format="polars"
    )
    assert frame["w"].to_list() == pytest.approx([5, 5, 6, 8])
    assert frame["edu"].to_list() == [1, 2, 98, 98]
    assert meta.column_names_to_labels["edu"] == "Education"
    assert meta.variable_value_labels["edu"][98.0] == "don't know"
    assert meta.missing_ranges["edu"] == [{"lo": 98.0, "hi": 98.0}]


def test_the_command_calibrates_domains(app, tmp_path):
    pl.DataFrame({"g1": ["01", "01", "2"], "sex": ["a", "b", "a"], "d": [1, 1, 1]}).write_csv(
        tmp_path / "given.csv"
    )
    (tmp_path / "margins.csv").write_text(
        "domain,margin,category,total\n01,sex,a,3\n01,sex,b,4\n2,sex,a,9\n", encoding="utf-8"
    )
    done = run(
        app,
        *(tmp_path / "given.csv", "--design-weight", "d", "--margins", tmp_path / "margins.csv"),
        *("--domain", "g1", "--out", tmp_path / "out.csv"),
    )
    assert done.exit_code == 0, done.output
    written = pl.read_csv(tmp_path / "out.csv", infer_schema=False)
    assert written["g1"].to_list() == ["01", "01", "2"]
    assert written["weight"].cast(pl.Float64).to_list() == pytest.approx([3, 4, 9])


COMMAND_BAD = {
    "no file": ({"file": "absent.csv"}, r"absent.csv: there is no such file"),
    "no margins": ({"margins": "absent.csv"}, r"absent.csv: there is no such file"),
    "format": ({"out": "out.xlsx"}, r"out.xlsx: .xlsx is not .csv, .parquet, .sav and .dta"),
    "onto itself": ({"out": "given.csv"}, r"is the sample itself"),
    "damaged": ({"file": "damaged.sav"}, r"damaged.sav: cannot be read"),
    "damaged parquet": ({"file": "damaged.parquet"}, r"damaged.parquet: cannot be read"),
    "no columns": ({"margins": "header.csv"}, r"header.csv: there is no column 'category'"),
    "bad total": ({"margins": "text.csv"}, r"text.csv, line 3: total 'x' of 'sex' is not a"),
    "twice": ({"margins": "twice.csv"}, r"twice.csv, line 3: 'sex' 'man' is there twice"),
    "domain unnamed": ({"margins": "domain.csv"}, r"domain.csv: has a column domain"),
    "unknown column": ({"margins": "column.csv"}, r"given.csv: there is no column 'sexe'"),
    "weight text": ({"weight": "sex"}, r"column 'sex' has 400 values that are no number"),
    "name taken": ({"more": ["--weight-name", "age"]}, r"already has a column 'age'"),
    "infeasible": ({"more": ["--bounds", "0.99", "1.01"]}, r"average g = 1.07, outside"),
}


@pytest.mark.parametrize("case", COMMAND_BAD)
def test_the_command_names_what_is_wrong(app, tmp_path, monkeypatch, case):
    monkeypatch.chdir(tmp_path)
    SAMPLE.write_csv("given.csv")
    write_margins(Path("margins.csv"), MARGINS, {})
    for name, text in {
        "damaged.sav": "no SPSS",
        "damaged.parquet": "no Parquet",
        "header.csv": "margin,total\nsex,1\n",
        "text.csv": "margin,category,total\nsex,man,1\nsex,woman,x\n",
        "twice.csv": "margin,category,total\nsex,man,1\nsex,man,1\n",
        "domain.csv": "domain,margin,category,total\na,sex,man,1\n",
        "column.csv": "margin,category,total\nsexe,man,1\n",
    }.items():
        Path(name).write_text(text, encoding="utf-8")
    changes, message = COMMAND_BAD[case]
    chosen = {"file": "given.csv", "weight": "d", "margins": "margins.csv", "out": "out.csv"}
    chosen |= changes
    done = run(
        app,
        *(chosen["file"], "--design-weight", chosen["weight"], "--margins", chosen["margins"]),
        *("--out", chosen["out"], *chosen.get("more", [])),
    )
    assert isinstance(done.exception, CalibrationError), done.output
    assert re.search(message, str(done.exception)), str(done.exception)
    assert not Path("out.csv").exists()
