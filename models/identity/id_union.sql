with reachable as (
    select pop_union.*
    from {{ ref('pop_union') }} as pop_union
    semi join {{ ref('id_respondent') }} as respondent
        on pop_union.person_key = respondent.person_key
    anti join {{ ref('id_consent') }} as refuser
        on
            pop_union.partner_key = refuser.person_key
            and not refuser.is_reachable_as_kin
),

-- A partner outside the register is named by the union, which nobody else can have.
final as (
    select
        person_key,
        union_id,
        cast(
            row_number() over (
                partition by person_key order by start_date nulls last, union_id
            ) as int
        ) as union_number,
        cast(
            dense_rank() over (
                partition by person_key
                order by couple_start_date nulls last, partner_reference
            ) as int
        ) as partner_number,
        coalesce(partner_key, 'union ' || union_id) as partner_subject_key,
        partner_key,
        partner_in_register,
        union_type,
        start_date,
        end_date,
        end_reason_code,
        couple_start_date,
        overlaps_another,
        partner_sex_code,
        partner_birth_year,
        partner_birth_country_code
    from reachable
)

select * from final
