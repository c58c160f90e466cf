{{ config(tags=['shared']) }}

with calendar as (
    select * from {{ ref('id_person_year') }}
),

spell_in_year as (
    select
        calendar.person_id,
        calendar.year,
        spell.start_date,
        spell.socioeconomic_code,
        code.labour_group,
        coalesce(spell.end_date > calendar.last_day, true) as is_last,
        greatest(spell.start_date, calendar.first_day) as from_date,
        least(coalesce(spell.end_date, {{ far_future() }}), calendar.last_day + 1)
            as until_date
    from calendar
    left outer join {{ ref('stg_income_source_spell') }} as spell
        on
            calendar.person_key = spell.person_key
            and calendar.last_day >= spell.start_date
            and coalesce(calendar.first_day < spell.end_date, true)
    left outer join {{ ref('socioeconomic') }} as code
        on spell.socioeconomic_code = code.socioeconomic_code
    -- A few spells are delivered twice from one day on: the longest counts.
    qualify row_number() over (
        partition by calendar.person_id, calendar.year, spell.start_date
        order by
            coalesce(spell.end_date, {{ far_future() }}) desc, spell.socioeconomic_code
    ) = 1
),

counted as (
    select
        *,
        {{ months_between('from_date', 'until_date') }} as months
    from spell_in_year
),

final as (
    select
        person_id,
        year,
        max_by(socioeconomic_code, start_date) filter (where is_last)
            as socioeconomic_code,
        max_by(labour_group, start_date) filter (where is_last) as labour_group,
        {{ months_in('employee') }},
        {{ months_in('self_employed') }},
        {{ months_in('benefit') }},
        {{ months_in('pension') }},
        {{ months_in('student') }},
        {{ months_in('no_income') }}
    from counted
    group by person_id, year
)

select * from final
