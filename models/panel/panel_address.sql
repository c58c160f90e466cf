{{ config(tags=['shared']) }}

with calendar as (
    select
        person_year.*,
        panel.residence_status
    from {{ ref('id_person_year') }} as person_year
    inner join {{ ref('panel_residence') }} as panel
        on
            person_year.person_id = panel.person_id
            and person_year.year = panel.year
),

spell_in_year as (
    select
        calendar.person_id,
        calendar.year,
        spell.address_key,
        spell.start_date >= calendar.first_day as is_new,
        coalesce(spell.end_date > calendar.last_day, true)
        and calendar.residence_status = 'resident' as is_home
    from calendar
    left outer join {{ ref('pop_address_spell') }} as spell
        on
            calendar.person_key = spell.person_key
            and calendar.last_day >= spell.start_date
            and coalesce(calendar.first_day < spell.end_date, true)
),

person_year as (
    select
        person_id,
        year,
        cast(count(*) filter (where is_new) as int) as address_start_count,
        max(address_key) filter (where is_home) as address_key
    from spell_in_year
    group by person_id, year
),

area as (
    select
        address_key,
        year,
        municipality_code,
        neighbourhood_code
    from {{ ref('stg_address_area') }}
),

-- Boundaries change every year: the last year's division gives a constant geography.
final as (
    select
        person_year.person_id,
        person_year.year,
        person_year.address_start_count,
        area.municipality_code,
        last_area.municipality_code as municipality_constant_code,
        area.neighbourhood_code
    from person_year
    left outer join area
        on
            person_year.address_key = area.address_key
            and person_year.year = area.year
    left outer join area as last_area
        on
            person_year.address_key = last_area.address_key
            and last_area.year = {{ var('last_year') }}
)

select * from final
