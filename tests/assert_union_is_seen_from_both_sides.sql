{#- The harm: a couple counts as two unions, or as one for him and none for her. -#}
with side as (
    select
        union_id,
        count(*) as side_count,
        count(distinct person_key) as person_count,
        count(distinct start_date) as start_count,
        count(distinct coalesce(end_date, {{ far_future() }})) as end_count
    from {{ ref('pop_union') }}
    where partner_in_register
    group by union_id
)

select union_id
from side
where
    side_count <> 2
    or person_count <> 2
    or start_count > 1
    or end_count > 1
