{{ config(tags=['shared']) }}

with found as (
    select
        problem,
        count(*) as row_count,
        count(distinct person_key) as person_count,
        min(person_key) as example_person_key,
        min_by(coalesce(cast(problem_date as string), problem_value), person_key)
            as example_value
    from {{ ref('pop_problem') }}
    group by problem
),

unusable as (
    select
        'unusable_key: ' || reason as problem,
        register,
        'kept in staging, linked to nobody' as treatment,
        cast(row_count as bigint) as row_count,
        cast(null as bigint) as person_count,
        cast(null as string) as example_person_key,
        'type ' || key_type || ' in ' || example_file as example_value
    from {{ ref('pop_unusable_key') }}
),

final as (
    select
        kind.problem,
        kind.register,
        kind.treatment,
        cast(coalesce(found.row_count, 0) as bigint) as row_count,
        cast(coalesce(found.person_count, 0) as bigint) as person_count,
        found.example_person_key,
        found.example_value
    from {{ ref('register_problem') }} as kind
    left outer join found
        on kind.problem = found.problem
    union all
    select * from unusable
)

select * from final
