{#- The source of income of the last day of each row's span, and months in it. Expects a
    calendar with person_key, person_id, year, first_day and last_day. -#}
{% macro theme_labour(calendar) %}
with calendar as (
    select * from {{ calendar }}
),

member as (
    select distinct person_key from calendar
),

-- A few spells are delivered twice from one day on: the longest counts.
spell as (
    select
        spell.person_key,
        spell.start_date,
        coalesce(spell.end_date, {{ far_future() }}) as end_date,
        spell.socioeconomic_code,
        spell.has_wages,
        spell.has_business_profit,
        spell.has_unemployment_benefit,
        spell.has_social_assistance,
        spell.has_sickness_benefit,
        spell.is_in_education,
        code.labour_group
    from {{ resolved(ref('stg_income_source_spell')) }} as spell
    semi join member
        on spell.person_key = member.person_key
    left outer join {{ ref('socioeconomic') }} as code
        on spell.socioeconomic_code = code.socioeconomic_code
    qualify row_number() over (
        partition by spell.person_key, spell.start_date
        order by
            coalesce(spell.end_date, {{ far_future() }}) desc, spell.socioeconomic_code
    ) = 1
),

spell_in_year as (
    select
        calendar.person_id,
        calendar.year,
        spell.start_date,
        spell.socioeconomic_code,
        spell.has_wages,
        spell.has_business_profit,
        spell.has_unemployment_benefit,
        spell.has_social_assistance,
        spell.has_sickness_benefit,
        spell.is_in_education,
        spell.labour_group,
        coalesce(spell.end_date > calendar.last_day, true) as is_last,
        greatest(spell.start_date, calendar.first_day) as from_date,
        least(coalesce(spell.end_date, calendar.first_day), calendar.last_day + 1)
            as until_date
    from calendar
    left outer join spell
        on
            calendar.person_key = spell.person_key
            and calendar.last_day >= spell.start_date
            and calendar.first_day < spell.end_date
),

counted as (
    select
        *,
        {{ months_between('from_date', 'until_date') }} as months
    from spell_in_year
),

delivered as (
    select
        cast(year(min(start_date)) as int) as first_year,
        cast(year(max(start_date)) as int) as last_year
    from {{ ref('stg_income_source_spell') }}
),

summed as (
    select
        person_id,
        year,
        count(socioeconomic_code) as spell_count,
        max_by(socioeconomic_code, start_date) filter (where is_last)
            as socioeconomic_code,
        max_by(labour_group, start_date) filter (where is_last) as labour_group,
        {{ months_in('employee') }},
        {{ months_in('self_employed') }},
        {{ months_in('benefit') }},
        {{ months_in('pension') }},
        {{ months_in('student') }},
        {{ months_in('no_income') }},
        {{ months_with('has_wages') }} as wages_months,
        {{ months_with('has_business_profit') }} as business_profit_months,
        {{ months_with('has_unemployment_benefit') }} as unemployment_benefit_months,
        {{ months_with('has_social_assistance') }} as social_assistance_months,
        {{ months_with('has_sickness_benefit') }} as sickness_benefit_months,
        {{ months_with('is_in_education') }} as in_education_months
    from counted
    group by person_id, year
),

final as (
    select
        summed.person_id,
        summed.year,
        summed.employee_months,
        summed.self_employed_months,
        summed.benefit_months,
        summed.pension_months,
        summed.student_months,
        summed.no_income_months,
        summed.wages_months,
        summed.business_profit_months,
        summed.unemployment_benefit_months,
        summed.social_assistance_months,
        summed.sickness_benefit_months,
        summed.in_education_months,
        summed.socioeconomic_code,
        summed.labour_group,
        {{ missing_reason(
            'summed.socioeconomic_code',
            'summed.spell_count > 0',
            'summed.year between delivered.first_year and delivered.last_year'
        ) }} as labour_missing_reason
    from summed
    cross join delivered
)

select * from final
{% endmacro %}
