-- A country and year of arrival counts as refugees where asylum permits pass a share of
-- those who came; nobody's own permit decides.
with inflow as (
    select
        country_code,
        year,
        case when permit_category = 'asylum' then 1 else 0 end as is_admission
    from {{ ref('imp_permit_inflow') }}
),

final as (
    select
        country_code,
        year,
        cast(count(*) as bigint) as arrival_count,
        cast(sum(is_admission) as bigint) as admission_count,
        cast(100.0 * sum(is_admission) / count(*) as double) as admission_percent,
        100 * sum(is_admission) > {{ var('refugee_share_percent') }} * count(*)
            as is_refugee_cell
    from inflow
    group by country_code, year
)

select * from final
