{#- The harm: a linked respondent silently misses years, and attrition looks like
    emigration. From 1995 or the year of birth, every year up to the last one has a row.
    -#}
with expected as (
    select
        pseudonym.person_id,
        {{ var('last_year') }} + 1 - greatest(
            coalesce(cast(year(person.birth_date) as int), {{ var('first_year') }}),
            {{ var('first_year') }}
        ) as year_count
    from {{ ref('id_respondent') }} as respondent
    inner join {{ ref('pop_person') }} as person
        on respondent.person_key = person.person_key
    inner join {{ ref('id_person_key') }} as pseudonym
        on respondent.person_key = pseudonym.person_key
),

found as (
    select
        person_id,
        count(*) as year_count
    from {{ ref('mart_person_year') }}
    where is_respondent
    group by person_id
)

select
    expected.person_id,
    expected.year_count
from expected
left outer join found
    on expected.person_id = found.person_id
where coalesce(found.year_count <> expected.year_count, true)
