{{ config(tags=['shared']) }}

{%- set statuses = ['resident', 'abroad', 'not_born', 'dead'] %}

with calendar as (
    select * from {{ ref('id_person_year') }}
    where {{ rebuilt_years() }}
),

-- Everybody has one status a day: that of the last, and those that ended in the year.
on_last_day as (
    select
        calendar.person_key,
        calendar.person_id,
        calendar.year,
        calendar.first_day,
        calendar.last_day,
        spell.status,
        spell.usual_status,
        spell.start_date,
        spell.start_reason
    from calendar
    inner join {{ ref('pop_residence_spell') }} as spell
        on
            calendar.person_key = spell.person_key
            and {{ covers('spell.start_date', 'spell.end_date', 'calendar.last_day') }}
),

ended as (
    select
        calendar.person_id,
        calendar.year,
        spell.status,
        {{ days_between(
            'greatest(spell.start_date, calendar.first_day)', 'spell.end_date'
        ) }} as day_count
    from calendar
    inner join {{ ref('pop_residence_spell') }} as spell
        on
            calendar.person_key = spell.person_key
            and calendar.first_day < spell.end_date
            and calendar.last_day >= spell.end_date
),

before as (
    select
        {% for status in statuses %}
        sum(day_count) filter (where status = '{{ status }}') as {{ status }}_days,
        {% endfor %}
        person_id,
        year
    from ended
    group by person_id, year
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
            coalesce(before.{{ status }}_days, 0)
            + case
                when on_last_day.status = '{{ status }}'
                    then {{ days_between(
                        'greatest(on_last_day.start_date, on_last_day.first_day)',
                        'on_last_day.last_day + 1'
                    ) }}
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
    left outer join before
        on
            on_last_day.person_id = before.person_id
            and on_last_day.year = before.year
    left outer join {{ ref('pop_sign_of_life') }} as sign
        on
            on_last_day.person_key = sign.person_key
            and on_last_day.year = sign.year
    left outer join {{ ref('pop_signless_year') }} as signless
        on
            on_last_day.person_key = signless.person_key
            and on_last_day.year = signless.year
)

select * from final
order by year
