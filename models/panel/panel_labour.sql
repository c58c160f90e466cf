{{ config(tags=['shared']) }}

{% set groups = ['employee', 'self_employed', 'benefit', 'pension', 'student', 'no_income'] %}

with calendar as (
    select
        panel.person_id,
        panel.year,
        key.person_key,
        calendar_year.first_day,
        calendar_year.last_day
    from {{ ref('panel_calendar') }} as panel
    inner join {{ ref('calendar_year') }} as calendar_year
        on panel.year = calendar_year.year
    inner join {{ ref('id_person_key') }} as key
        on panel.person_id = key.person_id
),

spell_in_year as (
    select
        calendar.person_id,
        calendar.year,
        calendar.last_day,
        spell.start_date,
        spell.end_date,
        spell.socioeconomic_code,
        code.labour_group,
        {{ months_between(
            'greatest(spell.start_date, calendar.first_day)',
            'least(coalesce(spell.end_date, ' ~ far_future() ~ '), calendar.last_day + 1)'
        ) }} as months
    from calendar
    inner join {{ ref('stg_income_source_spell') }} as spell
        on
            calendar.person_key = spell.person_key
            and spell.start_date <= calendar.last_day
            and coalesce(spell.end_date > calendar.first_day, true)
    left outer join {{ ref('socioeconomic') }} as code
        on spell.socioeconomic_code = code.socioeconomic_code
    -- A few spells are delivered twice from one day on: the longest counts.
    qualify row_number() over (
        partition by calendar.person_id, calendar.year, spell.start_date
        order by coalesce(spell.end_date, {{ far_future() }}) desc, spell.socioeconomic_code
    ) = 1
),

year_total as (
    select
        person_id,
        year,
        max_by(
            case when {{ covers('start_date', 'end_date', 'last_day') }} then socioeconomic_code end,
            start_date
        ) as socioeconomic_code,
        max_by(
            case when {{ covers('start_date', 'end_date', 'last_day') }} then labour_group end,
            start_date
        ) as labour_group,
        {% for group in groups %}
        cast(sum(case when labour_group = '{{ group }}' then months else 0 end) as int)
            as {{ group }}_months{{ "," if not loop.last }}
        {% endfor %}
    from spell_in_year
    group by person_id, year
),

final as (
    select
        calendar.person_id,
        calendar.year,
        year_total.socioeconomic_code,
        year_total.labour_group,
        {% for group in groups %}
        year_total.{{ group }}_months{{ "," if not loop.last }}
        {% endfor %}
    from calendar
    left outer join year_total
        on
            calendar.person_id = year_total.person_id
            and calendar.year = year_total.year
)

select * from final
