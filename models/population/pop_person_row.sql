{{ config(tags=['shared']) }}

-- Of several numbers the one that came last holds the newest information.
with final as (
    select
        person.person_key,
        person.sex_code,
        person.birth_date,
        person.birth_date_is_imputed,
        person.birth_country_code,
        person.mother_birth_country_code,
        person.father_birth_country_code,
        person.origin_country_old_code,
        person.origin_country_code,
        person.generation_code,
        person.is_born_in_nl,
        cast(
            count(*) over (partition by person.person_key) as int
        ) as number_count
    from {{ resolved(ref('stg_person'), keep_number=true) }} as person
    inner join {{ ref('pop_number') }} as number
        on person.number_key = number.number_key
    where person.is_linkable
    qualify row_number() over (
        partition by person.person_key
        order by
            number.first_date desc nulls last, person.birth_date_is_imputed asc,
            person.number_key asc, person.birth_date asc nulls last
    ) = 1
)

select * from final
