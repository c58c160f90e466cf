with

respondent as (
    select
        respondent_id,
        person_id,
        survey,
        survey_year
    from {{ ref('mart_cross_section') }}
    where person_id is not null
),

weight as (
    select
        respondent_id,
        weight_panel,
        cast(weight_panel as decimal(28, 10)) as exact_weight
    from {{ ref('mart_survey_weight') }}
    where weight_panel is not null
),

person_year as (
    select
        person_id,
        year,
        residence_status
    from {{ ref('mart_person_year') }}
),

followed as (
    select
        respondent.respondent_id,
        respondent.survey,
        respondent.survey_year,
        weight.exact_weight,
        person_year.residence_status,
        person_year.year - respondent.survey_year as years_after,
        -- Resident on every last day of December so far, from the first that is known.
        min(case when person_year.residence_status = 'resident' then 1 else 0 end) over (
            partition by respondent.respondent_id
            order by person_year.year
            rows between unbounded preceding and current row
        ) = 1 as is_balanced
    from respondent
    inner join weight using (respondent_id)
    inner join person_year
        on
            respondent.person_id = person_year.person_id
            and person_year.year >= respondent.survey_year
),

final as (
    select
        survey,
        survey_year,
        years_after,
        count(*) as respondent_count,
        cast(sum(exact_weight) as double) as population,
        {%- for status in ['resident', 'abroad', 'dead'] %}
        coalesce(
            cast(
                sum(exact_weight) filter (where residence_status = '{{ status }}')
                as double
            ),
            0
        ) as {{ status }}_population,
        {%- endfor %}
        count(*) filter (where is_balanced) as balanced_respondent_count,
        coalesce(
            cast(sum(exact_weight) filter (where is_balanced) as double), 0
        ) as balanced_population
    from followed
    group by survey, survey_year, years_after
)

select * from final
