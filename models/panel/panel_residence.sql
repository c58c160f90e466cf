{{ config(tags=['shared']) }}

{%- set statuses = ['resident', 'abroad', 'not_born', 'dead'] %}

with calendar as (
    select * from {{ ref('id_person_year') }}
    where {{ rebuilt_years() }}
),

member as (
    select distinct person_key from calendar
),

spell as (
    select spell.*
    from {{ ref('pop_residence_spell') }} as spell
    semi join member
        on spell.person_key = member.person_key
),

sign as (
    select sign.*
    from {{ ref('pop_sign_of_life') }} as sign
    semi join member
        on sign.person_key = member.person_key
),

-- Spells have no holes between them: beside that of the last day, a year has days of
-- those that ended in it. Most years have none.
ended as (
    select
        calendar.person_key,
        calendar.year,
        spell.status,
        {{ days_between(
            'greatest(spell.start_date, calendar.first_day)', 'spell.end_date'
        ) }} as day_count
    from calendar
    inner join spell
        on
            calendar.person_key = spell.person_key
            and calendar.first_day < spell.end_date
            and calendar.last_day >= spell.end_date
),

ended_days as (
    select
        {% for status in statuses %}
        sum(case when status = '{{ status }}' then day_count end)
            as {{ status }}_days,
        {% endfor %}
        person_key,
        year
    from ended
    group by person_key, year
),

-- Everybody has a spell on every day: the outer join tells DuckDB so.
on_last_day as (
    select
        calendar.person_id,
        calendar.person_key,
        calendar.year,
        spell.status,
        spell.usual_status,
        spell.start_reason,
        spell.start_date,
        {{ days_between(
            'greatest(spell.start_date, calendar.first_day)', 'calendar.last_day + 1'
        ) }} as day_count
    from calendar
    left outer join spell
        on
            calendar.person_key = spell.person_key
            and {{ covers('spell.start_date', 'spell.end_date', 'calendar.last_day') }}
),

final as (
    select
        on_last_day.person_id,
        on_last_day.year,
        on_last_day.status as residence_status,
        on_last_day.usual_status as usual_residence_status,
        on_last_day.start_reason as residence_start_reason,
        on_last_day.start_date as residence_start_date,
        {%- for status in statuses %}
        cast(
            coalesce(ended_days.{{ status }}_days, 0)
            + case
                when on_last_day.status = '{{ status }}' then on_last_day.day_count
                else 0
            end as int
        ) as {{ status }}_days,
        {%- endfor %}
        {%- for sign in ['address', 'tax', 'work', 'school', 'care'] %}
        coalesce(sign.has_{{ sign }}_sign, false) as has_{{ sign }}_sign,
        {%- endfor %}
        coalesce(signless.has_household_sign, false) as has_household_sign,
        case
            when on_last_day.status <> 'resident' then null
            when signless.person_key is null then 0
            else signless.years_without_sign
        end as years_without_sign
    from on_last_day
    left outer join ended_days
        on
            on_last_day.person_key = ended_days.person_key
            and on_last_day.year = ended_days.year
    left outer join sign
        on
            on_last_day.person_key = sign.person_key
            and on_last_day.year = sign.year
    left outer join {{ ref('pop_signless_year') }} as signless
        on
            on_last_day.person_key = signless.person_key
            and on_last_day.year = signless.year
)

select * from final
