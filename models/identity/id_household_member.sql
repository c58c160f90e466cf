{{ config(tags=['shared']) }}

with all_member as (
    select
        person_key,
        year,
        core_person_key as household_head_key,
        main_earner_key as wealth_head_key
    from {{ resolved(ref('stg_household_key_2003'), one_per='year') }}
    where
        is_linkable
        and {{ in_catalogue_years('koppeltabel_ipi_ihi_ivb') }}
    union all
    select
        person_key,
        year,
        main_earner_key as household_head_key,
        main_earner_key as wealth_head_key
    from {{ resolved(ref('stg_household_key'), one_per='year') }}
    where
        is_linkable
        and {{ in_catalogue_years('koppelpersoonhuishouden') }}
),

member as (
    select all_member.*
    from all_member
    semi join {{ ref('id_spine') }} as spine
        on all_member.person_key = spine.person_key
),

-- The old series does not say how many live in a household: people who name its head.
person_count as (
    select
        core_person_key as household_head_key,
        year,
        cast(count(*) as int) as person_count
    from {{ ref('stg_household_key_2003') }}
    where
        is_linkable
        and core_person_key is not null
        and {{ in_catalogue_years('koppeltabel_ipi_ihi_ivb') }}
    group by core_person_key, year
),

final as (
    select
        calendar.person_id,
        calendar.year,
        member.household_head_key,
        member.wealth_head_key,
        person_count.person_count
    from {{ ref('id_person_year') }} as calendar
    inner join member
        on
            calendar.person_key = member.person_key
            and calendar.year = member.year
    left outer join person_count
        on
            member.household_head_key = person_count.household_head_key
            and member.year = person_count.year
)

select * from final
