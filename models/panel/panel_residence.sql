{{ config(tags=['shared']) }}

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

clipped as (
    select
        calendar.person_id,
        calendar.year,
        calendar.last_day,
        spell.status,
        spell.start_date,
        spell.start_reason,
        spell.end_date,
        {{ days_between(
            'greatest(spell.start_date, calendar.first_day)',
            'least(coalesce(spell.end_date, ' ~ far_future() ~ '), calendar.last_day + 1)'
        ) }} as days
    from calendar
    inner join {{ ref('pop_residence_spell') }} as spell
        on
            calendar.person_key = spell.person_key
            and spell.start_date <= calendar.last_day
            and coalesce(spell.end_date > calendar.first_day, true)
),

year_total as (
    select
        person_id,
        year,
        max(case when {{ covers('start_date', 'end_date', 'last_day') }} then status end)
            as residence_status,
        max(case when {{ covers('start_date', 'end_date', 'last_day') }} then start_reason end)
            as residence_start_reason,
        max(case when {{ covers('start_date', 'end_date', 'last_day') }} then start_date end)
            as residence_start_date,
        cast(sum(case when status = 'resident' then days else 0 end) as int) as resident_days,
        cast(sum(case when status = 'abroad' then days else 0 end) as int) as abroad_days,
        cast(sum(case when status = 'not_born' then days else 0 end) as int)
            as not_born_days,
        cast(sum(case when status = 'dead' then days else 0 end) as int) as dead_days
    from clipped
    group by person_id, year
),

address as (
    select
        calendar.person_id,
        calendar.year,
        cast(
            count(*) filter (where spell.start_date >= calendar.first_day) as int
        ) as address_start_count,
        max(
            case
                when {{ covers('spell.start_date', 'spell.end_date', 'calendar.last_day') }}
                    then spell.address_key
            end
        ) as address_key
    from calendar
    inner join {{ ref('pop_address_spell') }} as spell
        on
            calendar.person_key = spell.person_key
            and spell.start_date <= calendar.last_day
            and coalesce(spell.end_date > calendar.first_day, true)
    group by calendar.person_id, calendar.year
),

final as (
    select
        year_total.person_id,
        year_total.year,
        year_total.residence_status,
        year_total.residence_start_reason,
        year_total.residence_start_date,
        year_total.resident_days,
        year_total.abroad_days,
        year_total.not_born_days,
        year_total.dead_days,
        coalesce(address.address_start_count, 0) as address_start_count,
        area.municipality_code,
        area.municipality_constant_code,
        area.neighbourhood_code
    from year_total
    left outer join address
        on
            year_total.person_id = address.person_id
            and year_total.year = address.year
    left outer join {{ ref('pop_address_area') }} as area
        on
            address.address_key = area.address_key
            and address.year = area.year
            and year_total.residence_status = 'resident'
)

select * from final
