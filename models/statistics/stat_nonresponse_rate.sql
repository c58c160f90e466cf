{%- set outcomes = [
    'refusal', 'no_contact', 'prevented', 'abroad', 'deceased', 'institution', 'wrong_group'
] -%}
{%- set is_enough = 'gross_n >= ' ~ var('minimum_cell') -%}

with

drawn_unit as (
    select
        survey,
        survey_year,
        origin_group,
        disposition,
        outcome
    from {{ ref('harm_drawn_unit') }}
),

counted as (
    select
        survey,
        survey_year,
        coalesce(origin_group, '(all)') as domain,
        count(*) filter (where disposition = 'out_of_scope') as out_of_scope_n,
        count(*) filter (where disposition != 'out_of_scope') as gross_n,
        count(*) filter (where disposition = 'interview') as net_n,
        {%- for outcome in outcomes %}
        count(*) filter (where outcome = '{{ outcome }}') as {{ outcome }}_n,
        {%- endfor %}
        count(*) as drawn_n
    from drawn_unit
    group by
        grouping sets ((survey, survey_year, origin_group), (survey, survey_year))
),

final as (
    select
        survey,
        survey_year,
        domain,
        drawn_n,
        case when {{ is_enough }} then out_of_scope_n end as out_of_scope_n,
        case when {{ is_enough }} then gross_n end as gross_n,
        case when {{ is_enough }} then net_n end as net_n,
        {%- for outcome in outcomes %}
        case when {{ is_enough }} then {{ outcome }}_n end as {{ outcome }}_n,
        {%- endfor %}
        case when {{ is_enough }} then out_of_scope_n / drawn_n end
            as out_of_scope_rate,
        case when {{ is_enough }} then net_n / gross_n end as response_rate,
        -- Spoken to are all in scope but those never reached.
        case when {{ is_enough }} then (gross_n - no_contact_n) / gross_n end
            as contact_rate,
        case
            when {{ is_enough }} and gross_n > no_contact_n
                then net_n / (gross_n - no_contact_n)
        end as recruitment_rate,
        case when not ({{ is_enough }}) then 'small_cell' end as no_estimate_reason
    from counted
)

select * from final
