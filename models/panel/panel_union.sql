with pseudonym as (
    select
        person_key,
        person_id
    from {{ ref('id_person_key') }}
),

final as (
    select
        ego.person_id,
        id_union.union_number,
        partner.person_id as partner_id,
        id_union.partner_number,
        id_union.partner_in_register,
        id_union.union_type,
        id_union.start_date as union_start,
        id_union.end_date as union_end,
        id_union.end_reason_code as union_end_reason_code,
        id_union.couple_start_date as couple_start,
        id_union.overlaps_another,
        id_union.partner_sex_code,
        id_union.partner_birth_year,
        id_union.partner_birth_country_code
    from {{ ref('id_union') }} as id_union
    inner join pseudonym as ego
        on id_union.person_key = ego.person_key
    inner join pseudonym as partner
        on id_union.partner_subject_key = partner.person_key
)

select * from final
