{{ config(tags=['shared']) }}

with person as (
    select * from {{ ref('pop_person_row') }}
),

decision as (
    select
        person_key,
        max(case when attribute_name = 'sex' then final_value end)
            as sex_final,
        max(case when attribute_name = 'sex' then attribute_reason end)
            as sex_reason,
        max(case when attribute_name = 'birth_date' then final_value end)
            as birth_date_final,
        max(case when attribute_name = 'birth_date' then attribute_reason end)
            as birth_date_reason,
        max(case when attribute_name = 'birth_country' then final_value end)
            as birth_country_final,
        max(case when attribute_name = 'birth_country' then attribute_reason end)
            as birth_country_reason
    from {{ ref('pop_attribute_decision') }}
    where attribute_reason is not null
    group by person_key
),

settled as (
    select
        person.*,
        coalesce(decision.sex_final, person.sex_code) as final_sex_code,
        decision.sex_reason,
        coalesce(cast(decision.birth_date_final as date), person.birth_date)
            as final_birth_date,
        decision.birth_date_reason,
        coalesce(decision.birth_country_final, person.birth_country_code)
            as final_birth_country_code,
        decision.birth_country_reason
    from person
    left outer join decision
        on person.person_key = decision.person_key
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
-- when born abroad, else the mother's, else the father's. Unknown generations follow
-- from the same countries.
origin as (
    select
        settled.person_key,
        coalesce(settled.is_born_in_nl, own.is_netherlands) as is_born_in_nl,
        coalesce(
            settled.origin_country_code,
            case
                when not own.is_netherlands then settled.final_birth_country_code
                when not mother.is_netherlands then settled.mother_birth_country_code
                when not father.is_netherlands then settled.father_birth_country_code
                else settled.final_birth_country_code
            end
        ) as origin_country_code,
        settled.origin_country_code is null as origin_is_derived,
        coalesce(
            settled.generation_code,
            case
                when mother.is_netherlands and father.is_netherlands then '0'
                when not own.is_netherlands then '1'
                when not mother.is_netherlands or not father.is_netherlands then '2'
            end
        ) as generation_code,
        settled.generation_code is null as generation_is_derived
    from settled
    left outer join country as own
        on settled.final_birth_country_code = own.country_code
    left outer join country as mother
        on settled.mother_birth_country_code = mother.country_code
    left outer join country as father
        on settled.father_birth_country_code = father.country_code
),

death as (
    select * from {{ ref('pop_death') }}
),

final as (
    select
        settled.person_key,
        settled.number_count,
        settled.final_sex_code as sex_code,
        settled.sex_code as sex_reported_code,
        settled.sex_reason,
        settled.final_birth_date as birth_date,
        settled.birth_date as birth_date_reported,
        settled.birth_date_reason,
        settled.birth_date_is_imputed and settled.birth_date_reason is null
            as birth_date_is_imputed,
        death.death_date,
        death.death_date_reported,
        death.death_date_reason,
        settled.final_birth_country_code as birth_country_code,
        settled.birth_country_code as birth_country_reported_code,
        settled.birth_country_reason,
        settled.mother_birth_country_code,
        settled.father_birth_country_code,
        origin.is_born_in_nl,
        origin.generation_code,
        origin.generation_is_derived,
        origin.origin_country_code,
        origin.origin_is_derived,
        country.origin_group,
        country.origin_region_code,
        settled.origin_country_old_code,
        country_old.origin_group as origin_group_old,
        country_old.is_western as origin_old_is_western
    from settled
    inner join origin
        on settled.person_key = origin.person_key
    left outer join death
        on settled.person_key = death.person_key
    left outer join country
        on origin.origin_country_code = country.country_code
    left outer join country as country_old
        on settled.origin_country_old_code = country_old.country_code
)

select * from final
