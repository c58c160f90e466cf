{{ config(tags=['shared']) }}

with registered as (
    select * from {{ ref('pop_registered_union') }}
),

cohabitation as (
    select * from {{ ref('pop_cohabitation') }}
),

person as (
    select
        person_key,
        sex_code,
        birth_date,
        birth_country_code
    from {{ ref('pop_person') }}
),

union_side as (
    select
        person_key,
        partner_reference,
        partner_key,
        union_type,
        start_date,
        end_date,
        end_reason_code,
        partner_birth_year,
        partner_birth_month,
        partner_birth_country_code,
        partner_sex_code,
        is_mirrored
    from registered
    union all
    select
        person_key,
        partner_key as partner_reference,
        partner_key,
        'cohabitation' as union_type,
        start_date,
        end_date,
        end_reason_code,
        cast(null as int) as partner_birth_year,
        cast(null as int) as partner_birth_month,
        cast(null as string) as partner_birth_country_code,
        cast(null as string) as partner_sex_code,
        cast(null as boolean) as is_mirrored
    from cohabitation
),

-- Two unions of one person, with different partners, that share a day.
overlapping as (
    select distinct
        one.person_key,
        one.partner_reference
    from union_side as one
    inner join union_side as other
        on
            one.person_key = other.person_key
            and one.partner_reference <> other.partner_reference
            and one.start_date < coalesce(other.end_date, {{ far_future() }})
            and other.start_date < coalesce(one.end_date, {{ far_future() }})
),

-- The same number from both sides: made of the two people, the type and the first day.
final as (
    select
        union_side.person_key,
        md5(
            least(union_side.person_key, union_side.partner_reference)
            || ' ' || greatest(union_side.person_key, union_side.partner_reference)
            || ' ' || union_side.union_type
            || ' ' || coalesce(cast(union_side.start_date as string), '-')
        ) as union_id,
        union_side.partner_reference,
        union_side.partner_key,
        union_side.partner_key is not null as partner_in_register,
        union_side.union_type,
        union_side.start_date,
        union_side.end_date,
        union_side.end_reason_code,
        min(union_side.start_date) over (
            partition by union_side.person_key, union_side.partner_reference
        ) as couple_start_date,
        overlapping.person_key is not null as overlaps_another,
        coalesce(person.sex_code, union_side.partner_sex_code) as partner_sex_code,
        coalesce(cast(year(person.birth_date) as int), union_side.partner_birth_year)
            as partner_birth_year,
        coalesce(cast(month(person.birth_date) as int), union_side.partner_birth_month)
            as partner_birth_month,
        coalesce(person.birth_country_code, union_side.partner_birth_country_code)
            as partner_birth_country_code,
        union_side.is_mirrored
    from union_side
    left outer join person
        on union_side.partner_key = person.person_key
    left outer join overlapping
        on
            union_side.person_key = overlapping.person_key
            and union_side.partner_reference = overlapping.partner_reference
)

select * from final
