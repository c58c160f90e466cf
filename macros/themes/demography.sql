{#- Who people are on the last day of each row's span, and the births within it. Expects a
    calendar with person_key, person_id, year, first_day and last_day. -#}
{% macro theme_demography(calendar) %}
with calendar as (
    select * from {{ calendar }}
),

person as (
    select * from {{ ref('pop_person') }}
),

civil_status as (
    select
        calendar.person_id,
        calendar.year,
        spell.civil_status_code,
        spell.start_date as civil_status_start_date
    from calendar
    inner join {{ resolved(ref('stg_civil_status_spell')) }} as spell
        on
            calendar.person_key = spell.person_key
            and {{ covers('spell.start_date', 'spell.end_date', 'calendar.last_day') }}
    qualify row_number() over (
        partition by calendar.person_id, calendar.year
        order by spell.start_date desc, spell.civil_status_code asc
    ) = 1
),

born as (
    select
        calendar.person_id,
        calendar.year,
        child.birth_date,
        coalesce(child.death_date > calendar.last_day, true) as is_alive,
        {{ age_on('child.birth_date', 'calendar.last_day') }} as age
    from calendar
    inner join {{ ref('pop_parent_child') }} as link
        on calendar.person_key = link.parent_key
    inner join person as child
        on
            link.child_key = child.person_key
            and calendar.last_day >= child.birth_date
    where link.problem is null
),

child as (
    select
        person_id,
        year,
        cast(count(*) as int) as child_count,
        cast(count(*) filter (where year(birth_date) = year) as int) as birth_count,
        cast(count(*) filter (where is_alive) as int) as living_child_count,
        cast(count(*) filter (where is_alive and age < 18) as int)
            as minor_child_count,
        cast(count(*) filter (where is_alive and age < 4) as int)
            as preschool_child_count,
        min(case when is_alive then age end) as youngest_child_age,
        max(case when is_alive then age end) as oldest_child_age,
        cast(min(year(birth_date)) as int) as first_child_birth_year
    from born
    group by person_id, year
),

final as (
    select
        calendar.person_id,
        calendar.year,
        person.sex_code,
        cast(year(person.birth_date) as int) as birth_year,
        cast(month(person.birth_date) as int) as birth_month,
        person.birth_date_is_imputed,
        case
            when coalesce(person.death_date > calendar.last_day, true)
                then {{ age_on('person.birth_date', 'calendar.last_day') }}
        end as age,
        cast(year(person.death_date) as int) as death_year,
        person.birth_country_code,
        person.mother_birth_country_code,
        person.father_birth_country_code,
        person.generation_code,
        person.origin_group,
        person.origin_country_code,
        person.origin_region_code,
        person.origin_group_old,
        person.origin_country_old_code,
        person.origin_old_is_western,
        civil_status.civil_status_code,
        civil_status.civil_status_start_date,
        coalesce(child.child_count, 0) as child_count,
        coalesce(child.birth_count, 0) as birth_count,
        coalesce(child.living_child_count, 0) as living_child_count,
        coalesce(child.minor_child_count, 0) as minor_child_count,
        coalesce(child.preschool_child_count, 0) as preschool_child_count,
        child.youngest_child_age,
        child.oldest_child_age,
        child.first_child_birth_year
    from calendar
    inner join person
        on calendar.person_key = person.person_key
    left outer join civil_status
        on
            calendar.person_id = civil_status.person_id
            and calendar.year = civil_status.year
    left outer join child
        on
            calendar.person_id = child.person_id
            and calendar.year = child.year
)

select * from final
{% endmacro %}
