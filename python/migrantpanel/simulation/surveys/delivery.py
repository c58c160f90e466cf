"""Lays out what is delivered of a wave (survey file, sample file) and its truth tables."""

import polars as pl

from migrantpanel.simulation.surveys.answers import Delivered, expected_values
from migrantpanel.simulation.surveys.damage import TECHNICAL_ERROR
from migrantpanel.simulation.surveys.files import Variable
from migrantpanel.simulation.surveys.questionnaires import (
    Question,
    Wave,
    harmonised_variables,
    load_concepts,
    load_response,
    measure,
    member_variables,
)


def _key_codes(wave: Wave, numbers: pl.Series) -> pl.Series:
    """Return respondent numbers as the file delivers them: text with leading zeros, or digits."""
    text = numbers.cast(pl.String)
    spec = wave.respondent["format"]
    return text.str.zfill(int(spec[1:])) if spec.startswith("A") else text


def _key_variable(wave: Wave, numbers: pl.Series, label: str) -> Variable:
    spec = wave.respondent["format"]
    codes = _key_codes(wave, numbers)
    is_text = spec.startswith("A")
    values = codes.fill_null("") if is_text else numbers.cast(pl.Float64)
    return Variable(values, label, spec, "nominal" if is_text else "scale")


def _person_key(wave: Wave, rin: pl.Series) -> dict[str, Variable]:
    """Return the pair that links to registers: R and number, or O and blank."""
    letter = rin.is_not_null().replace_strict({True: "R", False: "O"}, return_dtype=pl.String)
    return {
        wave.person_key["type"]: Variable(letter, "Soort persoonsnummer", "A1"),
        wave.person_key["number"]: Variable(rin.fill_null(""), "Persoonsnummer", "A9"),
    }


def survey_variables(
    wave: Wave,
    people: pl.DataFrame,
    delivered: dict[str, Delivered],
    of_members: dict[str, Delivered],
) -> dict[str, Variable]:
    """Return the survey file: person key, respondent number, questions, then the household grid."""
    key = wave.respondent
    answers = {
        question.name: _variable(question, delivered[question.name].values)
        for question in wave.questions
    }
    if wave.members:
        size = wave.members.maximum
        for number in range(1, size + 1):
            for written, question in wave.members.about(number):
                values = of_members[written.name].values.gather_every(size, number - 1)
                answers[question.name] = _variable(question, values)
    return {
        **_person_key(wave, people["register_rin"]),
        key["name"]: _key_variable(wave, people["number"], key["label"]),
        **answers,
    }


def _variable(question: Question, values: pl.Series) -> Variable:
    return Variable(
        values=values,
        label=question.label,
        format=question.format,
        measure=measure(question, load_concepts()[question.concept]),
        value_labels=question.value_labels,
        missing=tuple(code for code, _ in question.missing.values())
        if question.is_declared
        else (),
    )


def sample_variables(wave: Wave, drawn: pl.DataFrame) -> dict[str, Variable]:
    """Return the sample file: one row per drawn person, fields of the register frame."""
    names, rates = wave.sample["names"], load_response()
    labels, groups = rates["sample_labels"], rates["group_labels"]
    strata = {group: str(code) for group, code in wave.sample["strata"].items()}
    outcomes = {kind: str(code) for kind, code in wave.sample["disposition"].items()}
    respondent = pl.select(
        pl.when(drawn["disposition"] == "interview").then(drawn["number"])
    ).to_series()

    def coded(column: str, codes: dict[str, str]) -> pl.Series:
        return drawn[column].replace_strict(codes).cast(pl.Float64)

    def number(column: str, spec: str) -> Variable:
        return Variable(drawn[column].cast(pl.Float64), labels[column], spec, "scale")

    def text(column: str, source: str, spec: str) -> Variable:
        return Variable(drawn[source].fill_null(""), labels[column], spec)

    columns = {
        "sample_number": Variable(
            drawn["number"].cast(pl.Float64), labels["sample_number"], "F10.0", "scale"
        ),
        "respondent": _key_variable(wave, respondent, labels["respondent"]),
        "stratum": Variable(
            coded("stratum", strata),
            labels["stratum"],
            "F2.0",
            value_labels={code: groups[group] for group, code in strata.items()},
        ),
        "cluster": text("cluster", "cluster", "A4"),
        "frame_units": number("frame_units", "F8.0"),
        "drawn_units": number("drawn_units", "F8.0"),
        "cluster_probability": number("cluster_probability", "F10.8"),
        "household_probability": number("household_probability", "F10.8"),
        "disposition": Variable(
            coded("disposition", outcomes),
            labels["disposition"],
            "F3.0",
            value_labels={
                code: rates["disposition_labels"][kind] for kind, code in outcomes.items()
            },
        ),
        "sex": Variable(
            drawn["sex"].cast(pl.Float64),
            labels["sex"],
            "F1.0",
            value_labels={"1": "Man", "2": "Vrouw"},
        ),
        "birth_year": Variable(
            drawn["birth_date"].dt.year().cast(pl.Float64), labels["birth_year"], "F4.0", "scale"
        ),
        "origin_code": text("origin_code", "origin", "A3"),
        "municipality": text("municipality", "municipality", "A4"),
    }
    return {names[role]: column for role, column in columns.items()} | _person_key(
        wave, drawn["register_rin"]
    )


def truth_tables(
    wave: Wave,
    drawn: pl.DataFrame,
    people: pl.DataFrame,
    delivered: dict[str, Delivered],
    beside: pl.DataFrame,
    places: pl.DataFrame,
    of_members: dict[str, Delivered],
) -> dict[str, pl.DataFrame]:
    """Return the truth of a wave, as the tables that write_surveys names."""
    head = {"survey": pl.lit(wave.survey), "survey_year": pl.lit(wave.year, pl.Int32)}
    key = _key_codes(wave, people["number"]).alias("respondent_key")
    keys = pl.DataFrame({"respondent_key": key}).with_row_index("row")
    consent = delivered[wave.harmonised["consent_linkage"]["from"][0]].truth["consent_linkage"]
    respondent = people.select(
        **head,
        respondent_key=key,
        person="person",
        rin="register_rin",
        consent=consent == "1",
        household="household",
        role="role",
        interview_date="interview_date",
        mode="mode",
        interviewer="interviewer",
    )
    sample = drawn.select(
        **head,
        sample_number=pl.col("number").cast(pl.String),
        respondent_key=pl.when(pl.col("disposition") == "interview").then(
            _key_codes(wave, drawn["number"])
        ),
        person="person",
        household="household",
        role="role",
        stratum="stratum",
        cluster="cluster",
        inclusion_probability="inclusion_probability",
        disposition="disposition",
        is_education_registered="is_education_registered",
        education_level="education_level",
    )
    answer = (
        expected_values(wave.harmonised, harmonised_variables(), delivered, people.height)
        .join(keys, on="row", how="left", maintain_order="left")
        .select(
            **head,
            respondent_key="respondent_key",
            variable="variable",
            expected_value="expected_value",
            missing_kind="missing_kind",
            damaged=_is_damaged(),
        )
    )
    difference = beside.join(keys, on="row", how="left", maintain_order="left").select(
        **head,
        respondent_key="respondent_key",
        concept="concept",
        register_value="register_value",
        answered_value="answered_value",
    )
    tables = {
        "survey_respondent": respondent,
        "survey_sample": sample,
        "survey_answer": answer,
        "survey_register_difference": difference,
    }
    if wave.members:
        who = places.select("row", "member_number", is_there=pl.col("age").is_not_null())
        tables["survey_member_answer"] = (
            expected_values(wave.members.harmonised, member_variables(), of_members, places.height)
            .rename({"row": "place"})
            .join(who.with_row_index("place"), on="place", how="left", maintain_order="left")
            .filter("is_there")
            .join(keys, on="row", how="left", maintain_order="left")
            .select(
                **head,
                respondent_key="respondent_key",
                member_number="member_number",
                variable="variable",
                expected_value="expected_value",
                missing_kind="missing_kind",
                damaged=_is_damaged(),
            )
        )
    return tables


def _is_damaged() -> pl.Expr:
    """Whether an error destroyed the answer, for good."""
    return (pl.col("missing_kind") == TECHNICAL_ERROR).fill_null(False)
