with role as (
    select
        person_key,
        person_key as respondent_key,
        'respondent' as relation,
        'interview' as reason
    from {{ ref('id_respondent') }}
    union all
    select
        partner_key as person_key,
        person_key as respondent_key,
        'partner' as relation,
        min_by(union_type, union_number) as reason
    from {{ ref('id_union') }}
    where partner_key is not null
    group by partner_key, person_key
    union all
    select
        child_key as person_key,
        person_key as respondent_key,
        'child' as relation,
        'child_of_' || parent_role as reason
    from {{ ref('id_child') }}
)

select * from role
