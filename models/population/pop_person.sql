{{ config(tags=['shared']) }}

with person as (
    select * from {{ ref('stg_person') }}
    where is_linkable
),

death as (
    select
        person_key,
        min(death_date) as death_date,
        min(death_date) <> max(death_date) as death_date_is_disputed
    from {{ ref('stg_death') }}
    where is_linkable
    group by person_key
),

country as (
    select
        country_code,
        is_netherlands,
        origin_group,
        origin_region_code,
        is_western
    from {{ ref('country') }}
),

-- Deliveries before 2021 lack the origin of the 2022 classification: own birth country
-- when born abroad, else the mother's, else the father's.
origin as (
    select
        person.person_key,
        own.is_netherlands as is_born_in_nl,
        coalesce(
            person.origin_country_code,
            case
                when not own.is_netherlands then person.birth_country_code
                when not mother.is_netherlands then person.mother_birth_country_code
                when not father.is_netherlands then person.father_birth_country_code
                else person.birth_country_code
            end
        ) as origin_country_code,
        person.origin_country_code is null as origin_is_derived
    from person
    left outer join country as own
        on person.birth_country_code = own.country_code
    left outer join country as mother
        on person.mother_birth_country_code = mother.country_code
    left outer join country as father
        on person.father_birth_country_code = father.country_code
),

final as (
    select
        person.person_key,
        person.sex_code,
        person.birth_date,
        person.birth_date_is_imputed,
        death.death_date,
        coalesce(death.death_date_is_disputed, false) as death_date_is_disputed,
        person.birth_country_code,
        person.mother_birth_country_code,
        person.father_birth_country_code,
        coalesce(person.is_born_in_nl, origin.is_born_in_nl) as is_born_in_nl,
        person.generation_code,
        origin.origin_country_code,
        origin.origin_is_derived,
        country.origin_group,
        country.origin_region_code,
        person.origin_country_old_code,
        country_old.origin_group as origin_group_old,
        country_old.is_western as origin_old_is_western
    from person
    inner join origin
        on person.person_key = origin.person_key
    left outer join death
        on person.person_key = death.person_key
    left outer join country
        on origin.origin_country_code = country.country_code
    left outer join country as country_old
        on person.origin_country_old_code = country_old.country_code
)

select * from final
