{{ config(tags=['shared']) }}

with calendar as (
    {{ panel_years() }}
),

resident as (
    select
        calendar.year,
        calendar.first_day,
        spell.person_key
    from calendar
    inner join {{ ref('pop_residence_spell') }} as spell
        on {{ covers('spell.start_date', 'spell.end_date', 'calendar.first_day') }}
    where spell.status = 'resident'
),

described as (
    select
        resident.year,
        person.origin_group,
        person.generation_code,
        person.sex_code,
        least(
            cast(
                floor({{ age_on('person.birth_date', 'resident.first_day') }} / 5)
                * 5 as int
            ),
            90
        ) as age_from
    from resident
    inner join {{ ref('pop_person') }} as person
        on resident.person_key = person.person_key
),

final as (
    select
        year,
        origin_group,
        generation_code,
        sex_code,
        age_from,
        count(*) as person_count
    from described
    group by year, origin_group, generation_code, sex_code, age_from
)

select * from final
