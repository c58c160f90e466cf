with calendar as (
    {{ panel_years() }}
),

-- Every year that the union touches; without a first day, from the start of the panel.
union_year as (
    select
        union_side.person_id,
        union_side.union_number,
        calendar.year,
        union_side.partner_id,
        union_side.partner_number,
        union_side.union_type,
        union_side.union_start,
        union_side.union_end,
        union_side.union_end_reason_code,
        union_side.couple_start,
        union_side.overlaps_another,
        union_side.partner_in_register,
        coalesce(union_side.union_end > calendar.last_day, true)
            as is_union_on_last_day,
        same_household.person_id is not null as lives_with_respondent,
        union_side.partner_sex_code,
        union_side.partner_birth_year,
        union_side.partner_birth_country_code
    from {{ ref('panel_union') }} as union_side
    inner join calendar
        on
            coalesce(union_side.union_start <= calendar.last_day, true)
            and coalesce(union_side.union_end > calendar.first_day, true)
    left outer join {{ ref('panel_same_household') }} as same_household
        on
            union_side.partner_id = same_household.person_id
            and union_side.person_id = same_household.respondent_person_id
            and calendar.year = same_household.year
),

-- Of several unions on 31 December the registered one that started last counts.
final as (
    select
        *,
        is_union_on_last_day
        and row_number() over (
            partition by person_id, year
            order by
                is_union_on_last_day desc,
                union_type <> 'cohabitation' desc,
                union_start desc nulls last,
                union_number asc
        ) = 1 as is_main_union
    from union_year
)

select * from final
