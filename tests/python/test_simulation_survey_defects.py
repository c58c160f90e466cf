"""Damage to survey files: who was wrongly skipped or asked again, labels, encoding."""

from pathlib import Path

import polars as pl
import pyreadstat
import pytest

from conftest import sound
from migrantpanel.simulation import build_country
from migrantpanel.simulation.defects import known_kinds
from migrantpanel.simulation.surveys import InMemory, load_waves, write_surveys
from migrantpanel.simulation.surveys.damage import changed_value_labels

PERSONS, FRACTION, SEED = 20_000, 0.02, 3
WAVES = {wave.name: wave for wave in load_waves()}


class Run:
    """Delivered files, truth and manifest of one run of all surveys."""

    def __init__(self, folder: Path, manifest: pl.DataFrame) -> None:
        self.folder, self.manifest = folder, manifest

    def path(self, name: str) -> Path:
        return self.folder / "extracts" / "Surveys" / name.replace("_", "") / f"{name}.sav"

    def read(self, name: str, **options: str) -> tuple[pl.DataFrame, object]:
        path = self.path(name)
        return pyreadstat.read_sav(path, user_missing=True, output_format="polars", **options)

    def truth(self, table: str, name: str) -> pl.DataFrame:
        wave = WAVES[name]
        rows = pl.read_parquet(self.folder / "truth" / f"{table}.parquet")
        return rows.filter(survey=wave.survey, survey_year=wave.year)


@pytest.fixture(scope="module")
def country():
    return build_country(PERSONS, SEED)


@pytest.fixture(scope="module")
def damaged(country, tmp_path_factory) -> Run:
    """All surveys at the default rates."""
    folder = tmp_path_factory.mktemp("damaged")
    where = folder / "extracts", folder / "truth"
    return Run(folder, write_surveys(InMemory(country, SEED), *where, FRACTION, SEED))


@pytest.fixture(scope="module")
def undamaged(country, tmp_path_factory) -> Run:
    """The same interviews, nothing damaged."""
    folder = tmp_path_factory.mktemp("undamaged")
    where = folder / "extracts", folder / "truth"
    manifest = write_surveys(
        InMemory(country, SEED), *where, FRACTION, SEED, defects=sound("surveys")
    )
    return Run(folder, manifest)


def test_recent_immigrants_were_not_asked_about_dutch_and_part_of_them_later(
    country, damaged, undamaged
) -> None:
    spec = known_kinds()["filter_error_language"]
    rows, before = damaged.read("SIM_2020")[0], undamaged.read("SIM_2020")[0]
    persons = damaged.truth("survey_respondent", "SIM_2020")["person"]
    person = country.person[persons]
    recent = (
        (person["generation"] == "1")
        & (person["first_arrival_date"].dt.year() >= spec["arrived_since"])
    ).fill_null(False)
    assert recent.sum() > 5
    for question in spec["questions"]:
        again = rows[f"{question}_h"]
        assert rows[question].is_null().equals(recent)
        assert again.filter(~recent).is_null().all()
        assert again.filter(recent).is_not_null().sum() == -(-recent.sum() * 7 // 10)
        answered = again.is_not_null()
        assert again.filter(answered).equals(before[question].filter(answered), check_names=False)
        assert before[f"{question}_h"].is_null().all()
    answer = damaged.truth("survey_answer", "SIM_2020")
    lost = answer.filter("damaged")
    assert set(lost["variable"]) == {"dutch_proficiency", "dutch_reading", "dutch_writing"}
    assert set(lost["missing_kind"]) == {"technical_error"}
    manifest = damaged.manifest.filter(kind="filter_error_language")
    assert manifest.height == 3 * recent.sum()
    assert manifest["delivered_value"].null_count() == lost.height
    assert manifest["true_value"].null_count() == 0


def test_the_work_of_partners_is_missing_without_a_marriage(damaged, undamaged) -> None:
    rows = damaged.read("SPVA_2002", encoding="windows-1252")[0]
    before = undamaged.read("SPVA_2002")[0]
    lost = rows["v107w"].is_null()
    truth = damaged.truth("survey_answer", "SPVA_2002").filter(variable="partner_works")
    assert lost.sum() == truth.filter("damaged").height > 0
    assert before["v107w"].null_count() == 0
    # Somebody lives with all of them, and others are routed past with a code of its own.
    assert (rows["v106"].filter(lost) == 1).all()
    assert (rows["v107w"] == -1).sum() == (before["v107w"] == -1).sum() > 0
    manifest = damaged.manifest.filter(kind="filter_error_partner_work")
    assert manifest.filter(column="v107w").height == lost.sum()
    members = damaged.truth("survey_member_answer", "SPVA_2002").filter("damaged")
    assert set(members["variable"]) == {"member_labour_status"}
    assert members.height == manifest.filter(column="hl{n}6").height > 0


def test_labels_of_two_codes_are_swapped_and_the_answers_are_not(damaged, undamaged) -> None:
    rows, meta = damaged.read("SPVA_1994")
    before, sound_meta = undamaged.read("SPVA_1994")
    labels, right = (m.variable_value_labels["VR009"] for m in (meta, sound_meta))
    assert (labels[3], labels[4]) == (right[4], right[3])
    assert {k: v for k, v in labels.items() if k not in (3, 4)} == {
        k: v for k, v in right.items() if k not in (3, 4)
    }
    assert rows.equals(before)
    assert damaged.manifest.filter(kind="mislabelled_code")["true_value"].to_list() == [
        "3 = gescheiden", "4 = weduwe/weduwnaar",
    ]  # fmt: skip


@pytest.mark.parametrize("name", known_kinds()["wrong_survey_encoding"]["waves"])
def test_labels_are_in_another_encoding_than_the_header_says(damaged, undamaged, name) -> None:
    with pytest.raises(pyreadstat.ReadstatError, match="convert string"):
        damaged.read(name)
    rows, meta = damaged.read(name, encoding="windows-1252")
    before, sound_meta = undamaged.read(name)
    assert meta.variable_value_labels == sound_meta.variable_value_labels
    assert meta.column_names_to_labels == sound_meta.column_names_to_labels
    assert rows.columns == before.columns
    assert rows.height == before.height
    # What the header says is the same.
    assert damaged.path(name).read_bytes()[:176] == undamaged.path(name).read_bytes()[:176]


def test_codes_that_changed_their_meaning_are_counted(damaged) -> None:
    rows = changed_value_labels(list(WAVES.values()))
    assert rows.height > 300
    assert damaged.manifest.filter(kind="changed_value_labels").height == rows.height
    # Most say so in the label; those that do not are the worst.
    assert 0.9 < (rows["true_value"] != rows["delivered_value"]).mean() < 1
    code = r"^(\S+) = "
    assert (rows["true_value"].str.extract(code) == rows["delivered_value"].str.extract(code)).all()
    # SPVA 1991 gave married the code that SPVA 1988 had for never married.
    assert rows.filter(file_stem="SPVA_1991", column="BURGST").height == 3


def test_a_rate_of_zero_leaves_the_surveys_as_they_are(undamaged) -> None:
    assert set(undamaged.manifest["kind"]) == {"changed_value_labels"}
    for table in ("survey_answer", "survey_member_answer"):
        rows = pl.read_parquet(undamaged.folder / "truth" / f"{table}.parquet")
        assert rows.filter("damaged").is_empty()
        assert rows.filter(missing_kind="technical_error").is_empty()
