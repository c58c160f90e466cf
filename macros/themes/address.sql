{#- The home of the last day of each row's span, and the moves within it. Expects a
    calendar with person_key, person_id, year, first_day and last_day. -#}
{% macro theme_address(calendar, residence) %}
with calendar as (
    select
        person_year.*,
        panel.residence_status
    from (select * from {{ calendar }} where {{ rebuilt_years() }}) as person_year
    inner join {{ residence }} as panel
        on
            person_year.person_id = panel.person_id
            and person_year.year = panel.year
),

member as (
    select distinct person_key from calendar
),

-- A move follows another address; an arrival does not.
spell as (
    select
        spell.person_key,
        spell.address_key,
        spell.start_date,
        coalesce(spell.end_date, {{ far_future() }}) as end_date,
        coalesce(
            lag(spell.end_date) over (
                partition by spell.person_key
                order by spell.start_date
            ) >= spell.start_date - {{ var('slack_days') }},
            false
        ) as follows_another
    from {{ ref('pop_address_spell') }} as spell
    semi join member
        on spell.person_key = member.person_key
),

-- From the address of the last day of the year before to that of the year's last day.
spell_in_year as (
    select
        calendar.person_id,
        calendar.year,
        calendar.last_day,
        calendar.residence_status,
        spell.address_key,
        spell.start_date,
        spell.start_date >= calendar.first_day as is_new,
        spell.start_date < calendar.first_day as is_previous,
        spell.end_date > calendar.last_day
        and calendar.residence_status = 'resident' as is_home,
        spell.follows_another
    from calendar
    left outer join spell
        on
            calendar.person_key = spell.person_key
            and calendar.last_day >= spell.start_date
            and calendar.first_day <= spell.end_date
),

person_year as (
    select
        person_id,
        year,
        max(last_day) as last_day,
        max(residence_status) as residence_status,
        cast(count(*) filter (where is_new) as int) as address_start_count,
        cast(count(*) filter (where is_new and follows_another) as int) as move_count,
        max(address_key) filter (where is_home) as address_key,
        max(start_date) filter (where is_home) as address_start_date,
        max(address_key) filter (where is_previous) as previous_address_key
    from spell_in_year
    group by person_id, year
),

area as (
    select
        address_key,
        year,
        municipality_code,
        district_code,
        neighbourhood_code
    from {{ ref('stg_address_area') }}
),

delivered_year as (
    select distinct year from {{ ref('stg_address_area') }}
),

constant_area as (
    select * from {{ ref('pop_address_area') }}
),

postcode as (
    select * from {{ ref('stg_postcode_spell') }}
),

final as (
    select
        person_year.person_id,
        person_year.year,
        case
            when area.municipality_code is not null then null
            when person_year.residence_status <> 'resident' then 'not_resident'
            when delivered_year.year is null then 'not_delivered'
            else 'unknown'
        end as address_missing_reason,
        person_year.address_start_count,
        person_year.move_count,
        person_year.address_start_date,
        area.municipality_code,
        constant_area.municipality_constant_code,
        constant_area.municipality_constant_code
        <> previous_area.municipality_constant_code as is_municipality_changed,
        area.district_code,
        area.neighbourhood_code,
        constant_area.neighbourhood_constant_code,
        postcode.postcode
    from person_year
    left outer join area
        on
            person_year.address_key = area.address_key
            and person_year.year = area.year
    left outer join delivered_year
        on person_year.year = delivered_year.year
    left outer join constant_area
        on person_year.address_key = constant_area.address_key
    left outer join constant_area as previous_area
        on person_year.previous_address_key = previous_area.address_key
    left outer join postcode
        on
            person_year.address_key = postcode.address_key
            and {{ covers(
                'postcode.start_date', 'postcode.end_date', 'person_year.last_day'
            ) }}
)

select * from final
{% endmacro %}
