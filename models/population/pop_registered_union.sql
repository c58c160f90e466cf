{{ config(tags=['shared']) }}

-- A partner without a key in the register is told apart by what is known of them.
with delivered as (
    select
        stg_union.person_key,
        coalesce(
            person.person_key,
            'outside ' || coalesce(stg_union.partner_key, '')
            || ' ' || coalesce(cast(stg_union.partner_birth_year as string), '-')
            || ' ' || coalesce(cast(stg_union.partner_birth_month as string), '-')
            || ' ' || coalesce(stg_union.partner_birth_country_code, '-')
            || ' ' || coalesce(stg_union.partner_sex_code, '-')
        ) as partner_reference,
        person.person_key as partner_key,
        union_type.union_type,
        stg_union.start_date,
        stg_union.end_date,
        stg_union.end_reason_code,
        stg_union.partner_birth_year,
        stg_union.partner_birth_month,
        stg_union.partner_birth_country_code,
        stg_union.partner_sex_code
    from {{ resolved(ref('stg_union'), ['person_key', 'partner_key']) }} as stg_union
    inner join {{ ref('union_type') }} as union_type
        on stg_union.union_type_code = union_type.union_type_code
    left outer join {{ ref('pop_person') }} as person
        on stg_union.partner_key = person.person_key
    where stg_union.is_linkable
),

-- Each union from both sides: as delivered, and as its mirror image. Some pairs are
-- delivered from one side only.
both_sides as (
    select
        *,
        true as is_own_row
    from delivered
    union all
    select
        partner_key as person_key,
        person_key as partner_reference,
        person_key as partner_key,
        union_type,
        start_date,
        end_date,
        end_reason_code,
        cast(null as int) as partner_birth_year,
        cast(null as int) as partner_birth_month,
        cast(null as string) as partner_birth_country_code,
        cast(null as string) as partner_sex_code,
        false as is_own_row
    from delivered
    where partner_key is not null
),

final as (
    select
        person_key,
        partner_reference,
        union_type,
        start_date,
        max(partner_key) as partner_key,
        min(end_date) as end_date,
        max(end_reason_code) as end_reason_code,
        max(partner_birth_year) as partner_birth_year,
        max(partner_birth_month) as partner_birth_month,
        max(partner_birth_country_code) as partner_birth_country_code,
        max(partner_sex_code) as partner_sex_code,
        bool_or(is_own_row) and bool_or(not is_own_row) as is_mirrored
    from both_sides
    group by person_key, partner_reference, union_type, start_date
)

select * from final
