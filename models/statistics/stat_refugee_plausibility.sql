-- Is the rule plausible? Those it calls refugees, the others, and those with an asylum
-- permit of their own, by characteristics that the rule did not use.
with assigned as (
    select
        permit.sex_code,
        permit.age,
        cell.is_refugee_cell,
        permit.permit_category = 'asylum'
        and permit.permit_status_code = 0 as has_asylum_permit
    from {{ ref('imp_permit_inflow') }} as permit
    inner join {{ ref('imp_refugee_cell') }} as cell
        on
            permit.country_code = cell.country_code
            and permit.year = cell.year
),

described as (
    select
        'refugee_cell' as population,
        sex_code,
        age,
        has_asylum_permit
    from assigned
    where is_refugee_cell
    union all
    select
        'other_cell' as population,
        sex_code,
        age,
        has_asylum_permit
    from assigned
    where not is_refugee_cell
    union all
    select
        'asylum_permit' as population,
        sex_code,
        age,
        has_asylum_permit
    from assigned
    where has_asylum_permit
),

final as (
    select
        population,
        cast(count(*) as bigint) as arrival_count,
        cast(100.0 * count(*) filter (where sex_code = '2') / count(*) as double)
            as women_percent,
        cast(100.0 * count(*) filter (where age < 18) / count(*) as double)
            as under_18_percent,
        cast(100.0 * count(*) filter (where age between 18 and 34) / count(*) as double)
            as age_18_34_percent,
        cast(100.0 * count(*) filter (where has_asylum_permit) / count(*) as double)
            as asylum_permit_percent
    from described
    group by population
    having count(*) >= {{ var('minimum_cell') }}
)

select * from final
