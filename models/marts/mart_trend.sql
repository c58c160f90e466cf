{%- set domain = [
    'variable', 'survey', 'survey_year', 'represents',
    'origin_group', 'cohort_kind', 'cohort',
] -%}
{%- set starts = var('arrival_period_starts') -%}
{%- set periods = ['-' ~ ((starts[0] | int) - 1)] -%}
{%- for start in starts -%}
{%- set last = '' if loop.last else (starts[loop.index] | int) - 1 -%}
{%- do periods.append(start ~ '-' ~ last) -%}
{%- endfor -%}
{%- set is_enough = 'ratio.n >= ' ~ var('minimum_cell') -%}

with

harmonised_value as (
    select
        respondent_id,
        variable,
        value
    from {{ ref('harm_value') }}
    where value is not null
),

{{ survey_design() }},

placed_answer as (
    select
        respondent_id,
        max(value) filter (where variable = 'origin_group') as origin_group,
        max(value) filter (where variable = 'arrival_year') as arrival_year,
        max(value) filter (where variable = 'birth_year') as birth_year,
        max(value) filter (where variable = 'age') as age,
        max(value) filter (where variable = 'interview_date') as interview_date
    from harmonised_value
    group by respondent_id
),

-- A respondent whose birth year was not asked is placed by age and day of interview.
person as (
    select
        respondent_id,
        placed_answer.origin_group,
        cast(placed_answer.arrival_year as int) as arrival_year,
        coalesce(
            cast(placed_answer.birth_year as int),
            coalesce(
                year(cast(placed_answer.interview_date as date)), design.survey_year
            ) - cast(placed_answer.age as int)
        ) as birth_year
    from design
    inner join placed_answer using (respondent_id)
    where placed_answer.origin_group is not null
),

cohort_member as (
    select
        respondent_id,
        origin_group,
        'population' as cohort_kind,
        'all' as cohort
    from person
    union all
    select
        respondent_id,
        origin_group,
        'birth_cohort' as cohort_kind,
        birth_year // 10 * 10 || '-' || birth_year // 10 * 10 + 9 as cohort
    from person
    where birth_year is not null
    union all
    select
        respondent_id,
        origin_group,
        'immigration_cohort' as cohort_kind,
        case
            {% for start in starts | reverse %}
            when arrival_year >= {{ start }} then '{{ periods[loop.revindex] }}'
            {% endfor %}
            else '{{ periods[0] }}'
        end as cohort
    from person
    where arrival_year is not null
),

{{ estimated_variables() }},

{{ weighted_answers(domain, 'cohort_member') }},

{{ ratio_estimates(domain) }},

final as (
    select
        ratio.variable,
        ratio.category,
        ratio.survey,
        ratio.survey_year,
        ratio.origin_group,
        ratio.cohort_kind,
        ratio.cohort,
        ratio.represents,
        case when {{ is_enough }} then ratio.estimate end as estimate,
        case when {{ is_enough }} then ratio.se end as se,
        ratio.n,
        case when not {{ is_enough }} then 'small_cell' end as no_estimate_reason,
        comparability.grade,
        comparability.reason,
        comparability.evidence
    from ratio
    inner join {{ ref('harm_comparability') }} as comparability
        using (variable, survey, survey_year)
)

select * from final
