with child as (
    select * from {{ ref('id_unrecorded_child') }}
),

pseudonym as (
    select
        person_key,
        person_id
    from {{ ref('id_person_key') }}
),

final as (
    select
        pseudonym.person_id,
        cast(
            row_number() over (
                partition by pseudonym.person_id
                order by child.birth_year nulls last, child.known_from, child.source_key
            ) as int
        ) as child_number,
        child.known_from,
        child.respondent_id,
        child.sex_code,
        child.birth_year,
        child.birth_month,
        child.birth_country,
        child.first_seen_year
    from child
    inner join pseudonym on child.person_key = pseudonym.person_key
)

select * from final
