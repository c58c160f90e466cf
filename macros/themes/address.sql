{#- The home of the last day of each row's span, and the moves within it. Expects a
    calendar with person_key, person_id, year, first_day and last_day. -#}
{% macro theme_address(calendar) %}
with calendar as (
    select * from {{ calendar }}
    where {{ rebuilt_years() }}
),

member as (
    select distinct person_key from calendar
),

residence as (
    select residence.*
    from {{ ref('pop_residence_spell') }} as residence
    semi join member
        on residence.person_key = member.person_key
),

spell as (
    select
        spell.person_key,
        spell.address_key,
        spell.start_date,
        spell.end_date,
        area.municipality_constant_code,
        area.neighbourhood_constant_code
    from {{ ref('pop_address_spell') }} as spell
    semi join member
        on spell.person_key = member.person_key
    left outer join {{ ref('pop_address_area') }} as area
        on spell.address_key = area.address_key
),

followed as (
    select
        person_key,
        start_date,
        lag(start_date) over (
            partition by person_key
            order by start_date
        ) as previous_start_date,
        lag(end_date) over (
            partition by person_key
            order by start_date
        ) as previous_end_date,
        lag(municipality_constant_code) over (
            partition by person_key
            order by start_date
        ) as previous_municipality_code
    from spell
),

-- A move follows another address; an arrival does not. The municipality is that of the
-- last day before the span.
started as (
    select
        calendar.person_id,
        calendar.year,
        cast(count(*) as int) as address_start_count,
        cast(
            count(*) filter (
                where
                followed.previous_end_date
                >= followed.start_date - {{ var('slack_days') }}
            ) as int
        ) as move_count,
        max(followed.previous_municipality_code) filter (
            where
            followed.previous_start_date < calendar.first_day
            and followed.previous_end_date >= calendar.first_day
        ) as previous_municipality_code
    from calendar
    inner join followed
        on
            calendar.person_key = followed.person_key
            and calendar.first_day <= followed.start_date
            and calendar.last_day >= followed.start_date
    group by calendar.person_id, calendar.year
),

area as (
    select
        address_key,
        year,
        municipality_code,
        district_code,
        neighbourhood_code
    from {{ ref('stg_address_area') }} as area
    semi join spell
        on area.address_key = spell.address_key
),

delivered_year as (
    select distinct year from {{ ref('stg_address_area') }}
),

postcode as (
    select postcode.*
    from {{ ref('stg_postcode_spell') }} as postcode
    semi join spell
        on postcode.address_key = spell.address_key
),

-- Who started at no address lives where they lived. Everybody has a residence status on
-- every day: the outer join tells DuckDB so.
final as (
    select
        calendar.person_id,
        calendar.year,
        case
            when area.municipality_code is not null then null
            when residence.status <> 'resident' then 'not_resident'
            when delivered_year.year is null then 'not_delivered'
            else 'unknown'
        end as address_missing_reason,
        coalesce(started.address_start_count, 0) as address_start_count,
        coalesce(started.move_count, 0) as move_count,
        home.start_date as address_start_date,
        area.municipality_code,
        home.municipality_constant_code,
        home.municipality_constant_code
        <> case
            when started.year is null then home.municipality_constant_code
            else started.previous_municipality_code
        end as is_municipality_changed,
        area.district_code,
        area.neighbourhood_code,
        home.neighbourhood_constant_code,
        postcode.postcode
    from calendar
    left outer join residence
        on
            calendar.person_key = residence.person_key
            and {{ covers(
                'residence.start_date', 'residence.end_date', 'calendar.last_day'
            ) }}
    left outer join spell as home
        on
            calendar.person_key = home.person_key
            and {{ covers('home.start_date', 'home.end_date', 'calendar.last_day') }}
            and residence.status = 'resident'
    left outer join started
        on
            calendar.person_id = started.person_id
            and calendar.year = started.year
    left outer join area
        on
            home.address_key = area.address_key
            and calendar.year = area.year
    left outer join delivered_year
        on calendar.year = delivered_year.year
    left outer join postcode
        on
            home.address_key = postcode.address_key
            and {{ covers(
                'postcode.start_date', 'postcode.end_date', 'calendar.last_day'
            ) }}
)

select * from final
{% endmacro %}
