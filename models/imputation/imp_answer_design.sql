-- What every model of the chained equations uses: the design, the frame, and the
-- registers in the year of the interview.
with respondent as (
    select
        respondent_id,
        survey,
        survey_year,
        mode,
        sex,
        age,
        origin_group,
        generation
    from {{ ref('harm_cross_section') }}
),

weight as (
    select
        respondent_id,
        weight_nonresponse
    from {{ ref('wgt_respondent') }}
),

registered as (
    select
        link.respondent_id,
        labour.labour_group,
        income.personal_income_eur,
        household_income.standardised_income_percentile,
        education.education_level,
        household.household_person_count
    from {{ ref('id_link') }} as link
    inner join {{ ref('id_person_key') }} as pseudonym
        on link.person_key = pseudonym.person_key
    inner join {{ ref('panel_labour') }} as labour
        on
            pseudonym.person_id = labour.person_id
            and link.survey_year = labour.year
    inner join {{ ref('panel_income') }} as income
        on
            pseudonym.person_id = income.person_id
            and link.survey_year = income.year
    inner join {{ ref('panel_household_income') }} as household_income
        on
            pseudonym.person_id = household_income.person_id
            and link.survey_year = household_income.year
    inner join {{ ref('panel_education') }} as education
        on
            pseudonym.person_id = education.person_id
            and link.survey_year = education.year
    inner join {{ ref('panel_household') }} as household
        on
            pseudonym.person_id = household.person_id
            and link.survey_year = household.year
    where link.link_status = 'linked'
),

final as (
    select
        respondent.respondent_id,
        respondent.survey || ' ' || cast(respondent.survey_year as string) as wave,
        respondent.mode,
        respondent.sex,
        respondent.age,
        respondent.origin_group,
        respondent.generation,
        ln(weight.weight_nonresponse) as log_weight,
        registered.labour_group as register_labour_group,
        registered.personal_income_eur as register_income_eur,
        registered.standardised_income_percentile as register_income_percentile,
        registered.education_level as register_education_level,
        registered.household_person_count as register_household_size
    from respondent
    left outer join weight
        on respondent.respondent_id = weight.respondent_id
    left outer join registered
        on respondent.respondent_id = registered.respondent_id
)

select * from final
