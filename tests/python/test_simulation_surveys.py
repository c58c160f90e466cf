"""The eleven surveys: sound questionnaires, real SPSS files, honest samples, fitting truth."""

import csv
import json
from collections import Counter
from dataclasses import replace
from pathlib import Path
from statistics import NormalDist

import numpy as np
import polars as pl
import pyarrow.parquet as pq
import pyreadstat
import pytest
import yaml

from conftest import sound
from migrantpanel.errors import UserError
from migrantpanel.project import project_dir
from migrantpanel.random import generator
from migrantpanel.simulation import Country, build_country
from migrantpanel.simulation.surveys import (
    InMemory,
    describe_questionnaires,
    load_concepts,
    load_waves,
    write_surveys,
)
from migrantpanel.simulation.surveys.concepts import draw_concept
from migrantpanel.simulation.surveys.questionnaires import (
    Question,
    Wave,
    _StrictLoader,
    harmonised_variables,
    load_response,
    measure,
    member_variables,
    wave_problems,
)
from migrantpanel.simulation.surveys.sampling import (
    allocate,
    draw_sample,
    inclusion_probabilities,
    sampling_frame,
    systematic,
)

FRACTION = 0.05
SEED = 1
WAVES = {wave.name: wave for wave in load_waves()}
OUT_OF_SCOPE = ("abroad", "deceased", "institution", "wrong_group")


@pytest.fixture(scope="module")
def country() -> Country:
    return build_country(40_000, SEED)


@pytest.fixture(scope="module")
def surveys(country: Country, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder with `extracts` and `truth` of all waves, nothing damaged."""
    folder = tmp_path_factory.mktemp("surveys")
    write_surveys(
        InMemory(country, SEED), folder / "extracts", folder / "truth", FRACTION, SEED,
        defects=sound("surveys"),
    )  # fmt: skip
    return folder


def truth(surveys: Path, table: str) -> pl.DataFrame:
    return pl.read_parquet(surveys / "truth" / f"{table}.parquet")


def read(surveys: Path, wave: Wave, suffix: str = "") -> tuple[pl.DataFrame, object]:
    path = surveys / "extracts" / "Surveys" / f"{wave.survey}{wave.year}"
    return pyreadstat.read_sav(
        path / f"{wave.name}{suffix}.sav", user_missing=True, output_format="polars"
    )


def codes(frame: pl.DataFrame, question: Question) -> list[str | None]:
    """Return delivered values as the questionnaire writes its codes."""
    if question.is_text:
        return [value.rstrip() or None for value in frame[question.name]]
    return [
        None if value is None or np.isnan(value) else f"{value:.10g}"
        for value in frame[question.name]
    ]


def grid_questions(wave: Wave) -> list[Question]:
    """Return the questions of the household grid, one for each member and variable."""
    if wave.members is None:
        return []
    numbers = range(1, wave.members.maximum + 1)
    return [question for n in numbers for _, question in wave.members.about(n)]


def margin(share: float, n: int) -> float:
    """Four standard errors of a share: a change elsewhere must not tip one of many checks."""
    return 4 * (share * (1 - share) / n) ** 0.5


# -------------------------------------------------------------------- questionnaires


def test_eleven_waves_with_real_size_and_no_contradictions() -> None:
    assert len(WAVES) == 11
    concepts = load_concepts()
    for wave in WAVES.values():
        assert list(wave_problems(wave, concepts)) == []
        assert 30 <= len(wave.questions) + 3 <= 140
        assert 50 <= len(wave.harmonised) <= len(harmonised_variables())
        assert wave.evidence == "assumed"
        assert sum(wave.groups.values()) == pytest.approx(1, abs=1e-9)


def test_every_variable_is_asked_often_enough_to_follow() -> None:
    asked = Counter(variable for wave in WAVES.values() for variable in wave.harmonised)
    assert len(asked) >= 70
    assert min(asked.values()) >= 4


def test_isei_is_that_of_the_seed() -> None:
    path = project_dir() / "seeds" / "harmonised" / "occupation_status.csv"
    scores = {row["isco_code"]: row["isei"] for row in csv.DictReader(path.open())}
    found = {
        answer.code: (answer.truth["occupation_isei"], answer.truth["occupation_isco"])
        for answer in WAVES["SIM_2006"].question("Beroep4").answers
    }
    assert found == {code: (score, code[0]) for code, score in scores.items()}


def changed(name: str, **changes: object) -> Wave:
    """Return SIM 2006 with one question changed."""
    wave = WAVES["SIM_2006"]
    return replace(
        wave,
        questions=tuple(replace(q, **changes) if q.name == name else q for q in wave.questions),
    )


@pytest.mark.parametrize(
    ("wave", "message"),
    [
        (lambda: changed("Geslacht", concept="mood"), "concept 'mood' is not in concepts.yaml"),
        (
            lambda: changed("Geslacht", answers=WAVES["SIM_2006"].question("Geslacht").answers[:1]),
            "no code covers 'woman'",
        ),
        (
            lambda: changed(
                "Geslacht",
                answers=tuple(
                    replace(a, covers=("man", "woman"))
                    for a in WAVES["SIM_2006"].question("Geslacht").answers
                ),
            ),
            "covered by two codes",
        ),
        (
            lambda: changed(
                "Geslacht",
                answers=tuple(
                    replace(a, truth={"sex": "1"})
                    for a in WAVES["SIM_2006"].question("Geslacht").answers
                ),
            ),
            "code 2 stands for sex 1, its answers not",
        ),
        (lambda: changed("TaalSpreken", ask_if={"Etngroep": ("7",)}), "no codes asked before"),
        (lambda: changed("TaalSpreken", ask_if={"Koppeling": ("1",)}), "no codes asked before"),
        (lambda: changed("Geslacht", missing={"refused": ("2", "x")}), "code 2 stands twice"),
        (lambda: changed("Geslacht", missing={"refused": ("99", "x")}), "wider than F1.0"),
        (lambda: changed("Geslacht", missing={"refused": ("9", " ")}), "a code has no label"),
        (
            lambda: replace(
                WAVES["SIM_2006"], harmonised={"sex": {"rule": "codes", "from": ["Sekse"]}}
            ),
            "variable Sekse is not in the questionnaire",
        ),
        (
            lambda: replace(
                WAVES["SIM_2006"], harmonised={"sex": {"rule": "codes", "from": ["Gezondheid"]}}
            ),
            "stands for no value",
        ),
        (
            lambda: replace(WAVES["SIM_2006"], harmonised={"sex": {"rule": "guess"}}),
            "rule 'guess' is none of codes, sum, date, first",
        ),
    ],
)
def test_a_contradiction_in_a_questionnaire_is_named(wave, message: str) -> None:
    problems = "\n".join(wave_problems(wave(), load_concepts()))
    assert message in problems


def test_a_code_written_twice_is_an_error() -> None:
    with pytest.raises(UserError, match="key 1 stands twice in the block of line 1"):
        yaml.load("{1: a, 1: b}", Loader=_StrictLoader)


def test_waves_differ_in_names_scales_and_missing_codes() -> None:
    names = [{q.name for q in wave.questions} for wave in WAVES.values()]
    assert all(len(a & b) <= 3 for i, a in enumerate(names) for b in names[i + 1 :])
    for variable in ("dutch_proficiency", "contact_natives", "education_level", "religion"):
        lists = {
            tuple(a.label for a in wave.question(wave.harmonised[variable]["from"][-1]).answers)
            for wave in WAVES.values()
        }
        assert len(lists) >= 9


def test_codebook_shows_every_code_and_no_truth() -> None:
    text = describe_questionnaires()
    for wave in WAVES.values():
        for question in wave.questions:
            assert f"{question.name}  [" in text
            assert all(label in text for label in question.value_labels.values())
    assert "origin_group" not in text
    assert "dutch_proficiency" not in text


@pytest.mark.shared
def test_waves_are_those_of_the_published_table(shared_dir: Path) -> None:
    table = shared_dir / "reference" / "surveys.csv"
    rows = list(csv.DictReader(table.open()))
    assert {f"{r['survey']}_{r['year']}" for r in rows} == set(WAVES)
    for row in rows:
        wave = WAVES[f"{row['survey']}_{row['year']}"]
        groups = {
            group.upper()
            for column, mark in list(row.items())[4:]
            if mark == "1"
            for group in column.split("_")
        }
        assert wave.net_sample == int(row["net_sample"])
        assert set(wave.groups) == groups


# -------------------------------------------------------------------- files


@pytest.mark.parametrize("name", list(WAVES))
def test_file_reads_back_with_its_dictionary(surveys: Path, name: str) -> None:
    wave = WAVES[name]
    frame, meta = read(surveys, wave)
    assert frame.height == round(wave.net_sample * FRACTION)
    assert frame[wave.respondent["name"]].n_unique() == frame.height
    head = [*wave.person_key.values(), wave.respondent["name"]]
    questions = [*wave.questions, *grid_questions(wave)]
    assert frame.columns == head + [question.name for question in questions]
    for question in questions:
        labels = {
            code if question.is_text else float(code): label
            for code, label in question.value_labels.items()
        }
        assert meta.column_names_to_labels[question.name] == question.label
        assert meta.variable_value_labels.get(question.name, {}) == labels
        assert meta.variable_measure[question.name] == measure(
            question, load_concepts()[question.concept]
        )
        declared = {
            code if question.is_text else float(code)
            for code, _ in question.missing.values()
            if question.is_declared
        }
        ranges = meta.missing_ranges.get(question.name, [])
        assert {bounds["lo"] for bounds in ranges} == declared
        is_text = frame.schema[question.name] == pl.String
        assert is_text == question.is_text
        if question.answers and not question.is_interval:
            assert set(codes(frame, question)) <= {*question.value_labels, None}


@pytest.mark.parametrize("name", list(WAVES))
def test_truth_follows_from_the_delivered_codes(surveys: Path, name: str) -> None:
    """Read the file as a stranger would, and apply the questionnaire's rule for each code."""
    wave = WAVES[name]
    frame, _ = read(surveys, wave)
    answers = truth(surveys, "survey_answer").filter(survey=wave.survey, survey_year=wave.year)
    by_variable = answers.partition_by("variable", as_dict=True)
    assert {variable for (variable,) in by_variable} == set(harmonised_variables())
    for (variable,), expected in by_variable.items():
        rule = wave.harmonised.get(variable)
        values, kinds = expected["expected_value"].to_list(), expected["missing_kind"].to_list()
        assert [value is None for value in values] == [kind is not None for kind in kinds]
        if rule is None:
            assert set(kinds) == {"not_asked"}
            continue
        if rule["rule"] != "codes":
            continue
        stands = [(None, None)] * frame.height
        for question in map(wave.question, rule["from"]):
            found = [meaning(question, variable, code) for code in codes(frame, question)]
            stands = [
                old if old[0] is not None else (new[0], old[1] or new[1])
                for old, new in zip(stands, found, strict=True)
            ]
        assert values == [value for value, _ in stands]
        assert kinds == [None if value is not None else kind for value, kind in stands]


def meaning(question: Question, variable: str, code: str | None) -> tuple[str | None, str | None]:
    """Return the harmonised value and the kind of missing that a delivered code stands for."""
    if code is None:
        return None, "routed"
    for kind, (missing, _) in question.missing.items():
        if code == missing:
            return None, "routed" if kind == "not_applicable" else kind
    for answer in question.answers:
        if code == answer.code or (
            question.is_interval and int(answer.code) <= int(code) <= answer.high
        ):
            return answer.truth.get(variable), None
    raise AssertionError(f"{question.name}: code {code} is not in the questionnaire")


def test_numbers_and_dates_mean_what_the_truth_says(surveys: Path) -> None:
    answers = truth(surveys, "survey_answer")

    def expected(wave: Wave, variable: str) -> list[str | None]:
        rows = answers.filter(survey=wave.survey, survey_year=wave.year, variable=variable)
        return rows["expected_value"].to_list()

    frame, _ = read(surveys, WAVES["SPVA_1988"])
    assert expected(WAVES["SPVA_1988"], "age") == [f"{88 - year:.0f}" for year in frame["V009"]]
    days = zip(frame["V005"], frame["V004"], strict=True)
    assert expected(WAVES["SPVA_1988"], "interview_date") == [
        f"1988-{month:02.0f}-{day:02.0f}" for month, day in days
    ]
    arrived = [None if np.isnan(y) or y in (0, 98, 99) else f"{1900 + y:.0f}"
               for y in frame["V014"].fill_null(np.nan)]  # fmt: skip
    assert expected(WAVES["SPVA_1988"], "arrival_year") == arrived

    frame, _ = read(surveys, WAVES["SPVA_2002"])
    arrived = [
        f"{born + age:.0f}" if age >= 0 else None
        for born, age in zip(frame["v103"], frame["v113"], strict=True)
    ]
    assert expected(WAVES["SPVA_2002"], "arrival_year") == arrived

    frame, _ = read(surveys, WAVES["SPVA_1991"])
    dates = [f"{value:06.0f}" for value in frame["DATUM"]]
    assert expected(WAVES["SPVA_1991"], "interview_date") == [
        f"19{d[4:]}-{d[2:4]}-{d[:2]}" for d in dates
    ]


def test_guilders_ages_on_arrival_and_origins_follow_from_the_delivered_codes(
    surveys: Path,
) -> None:
    answers = truth(surveys, "survey_answer")

    def expected(wave: Wave, variable: str) -> list[str | None]:
        rows = answers.filter(survey=wave.survey, survey_year=wave.year, variable=variable)
        return rows["expected_value"].to_list()

    frame, _ = read(surveys, WAVES["SPVA_1994"])
    euros = [None if g in (99998, 99999) else round(g * 0.45378, 6) for g in frame["VR019"]]
    found = expected(WAVES["SPVA_1994"], "personal_income_net_eur")
    assert [None if value is None else float(value) for value in found] == euros
    assert not any(value and value.endswith(".0") for value in found)

    frame, _ = read(surveys, WAVES["SIM_2011"])
    ages = [
        None if year is None or np.isnan(year) or year > 9000 else f"{year - born:.0f}"
        for year, born in zip(frame["s11_aank"], frame["s11_gebj"], strict=True)
    ]
    assert expected(WAVES["SIM_2011"], "arrival_age") == ages

    wave = WAVES["SIM_2020"]
    countries = [expected(wave, f"{who}birth_country") for who in ("", "mother_", "father_")]
    origins = [
        next((value for value in values if value != "NL"), "NL")
        for values in zip(*countries, strict=True)
    ]
    assert expected(wave, "origin_country_2022") == origins
    assert {None, "NL", "IRN"} <= set(origins)


@pytest.mark.parametrize("name", [name for name, wave in WAVES.items() if wave.members])
def test_household_grid_holds_the_household_and_its_truth(surveys: Path, name: str) -> None:
    wave = WAVES[name]
    frame, _ = read(surveys, wave)
    keys = [str(key).removesuffix(".0") for key in frame[wave.respondent["name"]]]
    members = truth(surveys, "survey_member_answer").filter(
        survey=wave.survey, survey_year=wave.year
    )
    by_variable = members.partition_by("variable", as_dict=True)
    assert {variable for (variable,) in by_variable} == set(member_variables())
    for (variable,), rows in by_variable.items():
        told = {
            (key, number): (value, kind)
            for key, number, value, kind in rows.select(
                "respondent_key", "member_number", "expected_value", "missing_kind"
            ).iter_rows()
        }
        rule = wave.members.harmonised[variable]
        written = (rule.get("from") or rule.get("add") or rule.get("subtract"))[0]
        for number in range(1, wave.members.maximum + 1):
            question = next(q for own, q in wave.members.about(number) if own.name == written)
            for key, code in zip(keys, codes(frame, question), strict=True):
                if (key, number) not in told:
                    assert code is None or code == question.missing["not_applicable"][0]
                elif rule["rule"] == "codes":
                    assert told[key, number] == meaning(question, variable, code)
                else:
                    sign = -1 if "subtract" in rule else 1
                    assert told[key, number] == (str(rule.get("plus", 0) + sign * int(code)), None)
    relations = by_variable[("member_relation",)].filter(pl.col("missing_kind").is_null())
    heads = relations.filter(pl.col("expected_value") == "1")
    assert heads["member_number"].unique().to_list() == [1]
    size = relations.group_by("respondent_key").len()
    answers = truth(surveys, "survey_answer").filter(
        survey=wave.survey, survey_year=wave.year, variable="household_size"
    )
    agrees = size.join(answers, on="respondent_key", how="inner").select(
        pl.col("len") == pl.col("expected_value").cast(pl.Int32).clip(upper_bound=8)
    )
    assert agrees.to_series().mean() > 0.95


def test_natives_are_routed_past_their_dutch(surveys: Path) -> None:
    frame, _ = read(surveys, WAVES["SIM_2006"])
    is_native = frame["Etngroep"] == 5
    assert frame.filter(is_native)["TaalSpreken"].is_null().all()
    assert frame.filter(~is_native)["TaalSpreken"].is_not_null().all()


def test_consent_is_an_ordinary_question_and_agrees_with_the_truth(surveys: Path) -> None:
    answers = truth(surveys, "survey_answer").filter(variable="consent_linkage")
    joined = truth(surveys, "survey_respondent").join(
        answers, on=["survey", "survey_year", "respondent_key"], how="inner"
    )
    assert joined.height == answers.height
    assert (joined["consent"] == (joined["expected_value"] == "1")).all()


def test_numbers_link_to_persons_unless_gone_before_the_registers(
    surveys: Path, country: Country
) -> None:
    persons = country.person.select("person", true_rin="rin")
    respondents = truth(surveys, "survey_respondent").join(persons, on="person", how="left")
    linked = respondents.filter(pl.col("rin").is_not_null())
    assert (linked["rin"] == linked["true_rin"]).all()
    gone = respondents.filter(pl.col("rin").is_null())
    assert gone.height > 0
    assert gone["survey_year"].max() <= 1994
    for wave in WAVES.values():
        frame, _ = read(surveys, wave)
        letter, number = (frame[name] for name in wave.person_key.values())
        mine = respondents.filter(survey=wave.survey, survey_year=wave.year)
        assert number.to_list() == mine["rin"].fill_null("").to_list()
        assert ((letter == "R") == (number != "")).all()
        assert set(letter) <= {"R", "O"}


def test_parquet_carries_the_same_values_and_the_dictionary(
    country: Country, surveys: Path, tmp_path: Path
) -> None:
    write_surveys(
        InMemory(country, SEED), tmp_path, tmp_path / "truth", FRACTION, SEED,
        file_format="parquet", defects=sound("surveys"),
    )  # fmt: skip
    for wave in (WAVES["SPVA_1991"], WAVES["SING_2009"]):
        frame, meta = read(surveys, wave)
        path = tmp_path / "Surveys" / f"{wave.survey}{wave.year}" / f"{wave.name}.parquet"
        assert pl.read_parquet(path).equals(frame, null_equal=True)
        stored = pq.read_schema(path).metadata
        assert json.loads(stored[b"variable_labels"]) == meta.column_names_to_labels
        labels = json.loads(stored[b"value_labels"])
        for question in wave.questions:
            assert labels.get(question.name, {}) == question.value_labels
        assert json.loads(stored[b"missing"]).keys() == meta.missing_ranges.keys()


def test_same_seed_same_bytes(country: Country, surveys: Path, tmp_path: Path) -> None:
    write_surveys(
        InMemory(country, SEED), tmp_path / "extracts", tmp_path / "truth", FRACTION, SEED,
        defects=sound("surveys"),
    )  # fmt: skip
    first = sorted(path for path in surveys.rglob("*") if path.is_file())
    assert len(first) == 22 + 5
    for path in first:
        again = tmp_path / path.relative_to(surveys)
        assert again.read_bytes() == path.read_bytes(), path.name


def test_another_seed_gives_another_sample(country: Country, surveys: Path, tmp_path: Path) -> None:
    write_surveys(
        InMemory(country, SEED), tmp_path / "extracts", tmp_path / "truth", FRACTION, SEED + 1
    )
    mine, other = (truth(folder, "survey_respondent")["person"] for folder in (surveys, tmp_path))
    assert mine.len() == other.len()
    assert mine.to_list() != other.to_list()


# -------------------------------------------------------------------- samples


def test_allocation_is_exact() -> None:
    for wave in WAVES.values():
        for fraction in (0.003, 0.05, 1):
            total = round(wave.net_sample * fraction)
            assert sum(allocate(total, wave.groups).values()) == total


def test_inclusion_probabilities_are_exact_and_systematic_sampling_keeps_them() -> None:
    sizes = np.array([50, 1, 2, 3, 5, 8, 13, 21.0])
    chances = inclusion_probabilities(sizes, 4)
    assert chances.sum() == pytest.approx(4)
    assert chances.max() == 1
    draws = np.zeros(len(sizes))
    rng = generator(SEED, "test")
    repeats = 4_000
    for _ in range(repeats):
        drawn = systematic(chances, rng)
        assert len(drawn) == 4
        draws[drawn] += 1
    assert np.allclose(draws / repeats, chances, atol=0.03)


@pytest.mark.parametrize("name", ["SPVA_1998", "SING_2009", "SIM_2015"])
def test_weights_add_up_to_the_frame(country: Country, name: str) -> None:
    """Units drawn, each over its chance, estimate the number of units without bias."""
    wave = WAVES[name]
    frame = sampling_frame(wave, country.snapshot(wave.frame_date))
    rng = generator(SEED, "test", name)
    for group in wave.groups:
        units = frame.filter(stratum=group)["unit"].n_unique()
        estimates = []
        only = replace(wave, groups={group: 1.0})
        mine = frame.filter(stratum=group)
        for _ in range(30):
            drawn = draw_sample(only, mine, {group: 60}, rng).unique("unit")
            cells = drawn.unique("cluster")
            assert (drawn.group_by("cluster").len().sort("cluster")["len"]
                    == cells.sort("cluster")["drawn_units"]).all()  # fmt: skip
            weight = drawn["frame_units"] / drawn["drawn_units"] / drawn["cluster_probability"]
            estimates.append(weight.sum())
        error = 4 * np.std(estimates) / len(estimates) ** 0.5
        assert abs(np.mean(estimates) - units) <= error + 1e-6 * units


def test_clusters_are_as_many_as_designed(surveys: Path) -> None:
    sample = truth(surveys, "survey_sample")
    for wave in WAVES.values():
        mine = sample.filter(survey=wave.survey, survey_year=wave.year)
        if wave.sampling.get("clusters_per") == "wave":
            assert mine["cluster"].n_unique() == wave.sampling["clusters"] == 13
        elif "clusters" in wave.sampling:
            per_group = mine.group_by("stratum").agg(pl.col("cluster").n_unique())
            assert per_group["cluster"].max() <= wave.sampling["clusters"]
        else:
            assert mine["cluster"].null_count() == mine.height


def test_sample_file_holds_the_frame_and_the_respondents(surveys: Path, country: Country) -> None:
    sample = truth(surveys, "survey_sample")
    for wave in WAVES.values():
        frame, meta = read(surveys, wave, "_STEEKPROEF")
        mine = sample.filter(survey=wave.survey, survey_year=wave.year)
        names = wave.sample["names"]
        assert frame.height == mine.height
        assert frame[names["sample_number"]].cast(pl.Int64).cast(pl.String).to_list() == (
            mine["sample_number"].to_list()
        )
        outcome = {float(code): kind for kind, code in wave.sample["disposition"].items()}
        delivered = frame[names["disposition"]].replace_strict(outcome)
        assert delivered.to_list() == mine["disposition"].to_list()
        assert set(meta.variable_value_labels[names["disposition"]]) == set(outcome)
        chance = (
            frame[names["cluster_probability"]]
            * frame[names["drawn_units"]]
            / frame[names["frame_units"]]
            * frame[names["household_probability"]]
        )
        assert np.allclose(chance, mine["inclusion_probability"])
        answers, _ = read(surveys, wave)
        interviewed = frame.filter(delivered == "interview")
        assert interviewed[names["respondent"]].to_list() == (
            answers[wave.respondent["name"]].to_list()
        )


def test_households_give_head_and_partner(surveys: Path) -> None:
    respondents = truth(surveys, "survey_respondent")
    households = respondents.filter(pl.col("survey") == "SPVA")
    assert set(households["role"]) == {"head", "partner"}
    assert households.group_by("survey_year", "household").len()["len"].max() == 2
    assert set(respondents.filter(pl.col("survey") != "SPVA")["role"]) == {"person"}


def test_interviews_are_in_the_field_period_with_people_who_are_there(
    surveys: Path, country: Country
) -> None:
    respondents = truth(surveys, "survey_respondent")
    for wave in WAVES.values():
        mine = respondents.filter(survey=wave.survey, survey_year=wave.year)
        assert set(mine["mode"]) == {mode.mode for mode in wave.modes}
        for mode in wave.modes:
            dates = mine.filter(mode=mode.mode)["interview_date"]
            assert mode.start <= dates.min() <= dates.max() <= mode.end
    here = respondents.join(country.stay, on="person", how="inner").filter(
        pl.col("start") <= pl.col("interview_date"),
        pl.col("end").is_null() | (pl.col("end") > pl.col("interview_date")),
    )
    assert here.height == respondents.height


def test_a_country_too_small_names_survey_group_and_numbers(
    country: Country, tmp_path: Path
) -> None:
    with pytest.raises(UserError) as raised:
        write_surveys(InMemory(country, SEED), tmp_path / "extracts", tmp_path / "truth", 1.0, SEED)
    text = str(raised.value)
    assert "SPVA 1988: group ANT needs" in text
    assert "drawn households and the frame holds" in text
    assert "SING 2009: group CHN needs" in text
    assert not (tmp_path / "extracts").exists()


def test_a_small_fraction_is_exact_and_nobody_is_no_file(country: Country, tmp_path: Path) -> None:
    write_surveys(InMemory(country, SEED), tmp_path / "extracts", tmp_path / "truth", 0.0001, SEED)
    respondents = pl.read_parquet(tmp_path / "truth" / "survey_respondent.parquet")
    for wave in WAVES.values():
        mine = respondents.filter(survey=wave.survey, survey_year=wave.year)
        assert mine.height == round(wave.net_sample * 0.0001)
    write_surveys(InMemory(country, SEED), tmp_path / "none", tmp_path / "none-truth", 0.0, SEED)
    assert not (tmp_path / "none").exists()


# -------------------------------------------------------------------- floors of the contract


def test_out_of_scope_reaches_its_floor_and_is_mostly_abroad(surveys: Path) -> None:
    sample = truth(surveys, "survey_sample").with_columns(
        is_out=pl.col("disposition").is_in(OUT_OF_SCOPE)
    )
    out = sample.filter("is_out")
    assert sample["is_out"].mean() >= 0.022 - margin(0.022, sample.height)
    assert (out["disposition"] == "abroad").mean() > 0.75
    for (group,), mine in sample.group_by("stratum"):
        floor = load_response()["out_of_scope"][group]
        assert 0.01 <= floor <= 0.045
        assert mine["is_out"].mean() >= floor - margin(floor, mine.height)


def test_response_by_group_and_schooling(surveys: Path) -> None:
    gross = (
        truth(surveys, "survey_sample")
        .filter(~pl.col("disposition").is_in(OUT_OF_SCOPE))
        .with_columns(responds=pl.col("disposition") == "interview")
    )
    for (group,), mine in gross.group_by("stratum"):
        rate = load_response()["response_rate"][group]
        assert 0.46 <= rate <= 0.62
        assert mine["responds"].mean() == pytest.approx(rate, abs=margin(rate, mine.height))
    unknown = gross.filter(~pl.col("is_education_registered"))
    tertiary = gross.filter(pl.col("is_education_registered") & (pl.col("education_level") == 4))
    assert unknown["responds"].mean() == pytest.approx(0.47, abs=margin(0.47, unknown.height))
    assert tertiary["responds"].mean() == pytest.approx(0.66, abs=margin(0.66, tertiary.height))


def test_consent_is_refused_by_the_floor(surveys: Path) -> None:
    consent = truth(surveys, "survey_respondent")["consent"]
    assert 0.08 - margin(0.08, consent.len()) <= 1 - consent.mean() <= 0.12


def test_survey_and_register_disagree_by_the_floor(surveys: Path) -> None:
    differs = truth(surveys, "survey_register_difference").filter(
        pl.col("register_value").is_not_null()
    )
    shares = differs.group_by("concept").agg(
        pl.len(), share=(pl.col("register_value") != pl.col("answered_value")).mean()
    )
    assert {"education", "arrival_year", "civil_status"} <= set(shares["concept"])
    for _, n, share in shares.iter_rows():
        assert 0.03 - margin(0.03, n) <= share <= 0.12


HOW_ASKED = ("mode", "interview_language", "others_present")


@pytest.mark.parametrize("attribute", HOW_ASKED)
def test_answers_depend_on_how_they_were_asked_by_the_set_effects(attribute: str) -> None:
    """The same people, asked in two ways: their latent scores differ by the effect (in probits)."""
    n, found = 40_000, 0
    for name, concept in load_concepts().items():
        effects = concept.settings.get("effects", {}).get(attribute, {})
        if concept.draw != "ordered" or not effects:
            continue
        found += 1
        zero = {key: 0.0 for key, effect in concept.settings["effects"].items()
                if not isinstance(effect, dict)}  # fmt: skip
        shares = []
        for value in (max(effects, key=lambda key: abs(effects[key])), "as others"):
            people = pl.DataFrame(
                zero | dict.fromkeys(HOW_ASKED, "as others") | {"origin": "TUR", attribute: value}
            ).select(pl.all().repeat_by(n).list.explode())
            answers, _ = draw_concept(concept, people, generator(1, name, attribute, value))
            middle = len(concept.categories) // 2
            shares.append(answers.is_in(list(concept.categories[middle:])).mean())
        one, other = (NormalDist().inv_cdf(share) for share in shares)
        assert one - other == pytest.approx(max(effects.values(), key=abs), abs=0.04), name
    assert found >= 2, attribute


def test_items_are_refused_and_not_known(surveys: Path) -> None:
    answers = truth(surveys, "survey_answer")
    asked = answers.filter(~pl.col("missing_kind").is_in(["not_asked", "routed"]).fill_null(False))
    lost = asked["missing_kind"].is_not_null().mean()
    assert 0.005 < lost < 0.03
    assert {"refused", "dont_know"} <= set(asked["missing_kind"])
    assert not answers["damaged"].any()
