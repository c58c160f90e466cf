{{ config(tags=['shared']) }}

with calendar as (
    select * from {{ ref('id_person_year') }}
    where {{ rebuilt_years() }}
),

spell_in_year as (
    select
        calendar.person_id,
        calendar.year,
        spell.status,
        spell.usual_status,
        spell.start_date,
        spell.start_reason,
        coalesce(spell.end_date > calendar.last_day, true) as is_last,
        greatest(spell.start_date, calendar.first_day) as from_date,
        least(coalesce(spell.end_date, {{ far_future() }}), calendar.last_day + 1)
            as until_date
    from calendar
    inner join {{ ref('pop_residence_spell') }} as spell
        on
            calendar.person_key = spell.person_key
            and calendar.last_day >= spell.start_date
            and coalesce(calendar.first_day < spell.end_date, true)
),

counted as (
    select
        *,
        {{ days_between('from_date', 'until_date') }} as day_count
    from spell_in_year
),

status as (
    select
        person_id,
        year,
        max(status) filter (where is_last) as residence_status,
        max(usual_status) filter (where is_last) as usual_residence_status,
        max(start_reason) filter (where is_last) as residence_start_reason,
        max(start_date) filter (where is_last) as residence_start_date,
        cast(coalesce(sum(day_count) filter (where status = 'resident'), 0) as int)
            as resident_days,
        cast(coalesce(sum(day_count) filter (where status = 'abroad'), 0) as int)
            as abroad_days,
        cast(coalesce(sum(day_count) filter (where status = 'not_born'), 0) as int)
            as not_born_days,
        cast(coalesce(sum(day_count) filter (where status = 'dead'), 0) as int)
            as dead_days
    from counted
    group by person_id, year
),

final as (
    select
        status.person_id,
        status.year,
        status.residence_status,
        status.usual_residence_status,
        status.residence_start_reason,
        status.residence_start_date,
        status.resident_days,
        status.abroad_days,
        status.not_born_days,
        status.dead_days,
        {%- for sign in ['address', 'tax', 'work', 'school', 'care'] %}
        coalesce(sign.has_{{ sign }}_sign, false) as has_{{ sign }}_sign,
        {%- endfor %}
        coalesce(signless.has_household_sign, false) as has_household_sign,
        case
            when status.residence_status <> 'resident' then null
            when signless.person_key is null then 0
            else signless.years_without_sign
        end as years_without_sign
    from status
    inner join calendar
        on
            status.person_id = calendar.person_id
            and status.year = calendar.year
    left outer join {{ ref('pop_sign_of_life') }} as sign
        on
            calendar.person_key = sign.person_key
            and calendar.year = sign.year
    left outer join {{ ref('pop_signless_year') }} as signless
        on
            calendar.person_key = signless.person_key
            and calendar.year = signless.year
)

select * from final
order by year
