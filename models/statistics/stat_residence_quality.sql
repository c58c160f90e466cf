{% set small = var('minimum_cell') %}

with calendar as (
    {{ panel_years() }}
),

person as (
    select
        person_key,
        generation_code,
        origin_group
    from {{ ref('pop_person') }}
),

registered as (
    select
        calendar.year,
        calendar.last_day,
        spell.person_key,
        spell.start_date,
        spell.status,
        person.generation_code,
        person.origin_group
    from calendar
    inner join {{ ref('pop_residence_spell') }} as spell
        on {{ covers('spell.start_date', 'spell.end_date', 'calendar.last_day') }}
    inner join person
        on spell.person_key = person.person_key
    where spell.status in ('resident', 'abroad')
),

assessed as (
    select
        registered.year,
        registered.generation_code,
        registered.origin_group,
        registered.status = 'resident' as is_resident,
        coalesce(departure.presumed_departure_date <= registered.last_day, false)
            as is_presumed_gone,
        coalesce(arrival.presumed_arrival_date <= registered.last_day, false)
            as is_presumed_here,
        coalesce(signless.years_without_sign, 0) as years_without_sign
    from registered
    left outer join {{ ref('pop_presumed_departure') }} as departure
        on
            registered.person_key = departure.person_key
            and registered.start_date = departure.start_date
            and registered.status = 'resident'
    left outer join {{ ref('pop_presumed_arrival') }} as arrival
        on
            registered.person_key = arrival.person_key
            and registered.start_date = arrival.start_date
            and registered.status = 'abroad'
    left outer join {{ ref('pop_signless_year') }} as signless
        on
            registered.person_key = signless.person_key
            and registered.year = signless.year
            and registered.status = 'resident'
),

counted as (
    select
        year,
        coalesce(generation_code, '-') as generation_code,
        coalesce(origin_group, '-') as origin_group,
        count(*) filter (where is_resident) as resident_count,
        count(*) filter (where years_without_sign = 1) as silent_1_year_count,
        count(*) filter (where years_without_sign between 2 and 4)
            as silent_2_to_4_years_count,
        count(*) filter (where years_without_sign >= 5) as silent_5_years_count,
        count(*) filter (where is_presumed_gone) as presumed_gone_count,
        count(*) filter (where is_presumed_here) as presumed_here_count
    from assessed
    group by year, generation_code, origin_group
),

-- Small cells are not shown; nor is a share made from them.
final as (
    select
        cast(year as int) as year,
        generation_code,
        origin_group,
        {%- for count in [
            'resident', 'silent_1_year', 'silent_2_to_4_years', 'silent_5_years',
            'presumed_gone', 'presumed_here'
        ] %}
        cast(
            case
                when {{ count }}_count >= {{ small }} then {{ count }}_count
            end as bigint
        ) as {{ count }}_count,
        {%- endfor %}
        cast(
            case
                when presumed_gone_count >= {{ small }}
                    then round(100.0 * presumed_gone_count / resident_count, 2)
            end as double
        ) as over_coverage_percent
    from counted
)

select * from final
