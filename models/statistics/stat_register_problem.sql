with problem as (
    select
        problem,
        register,
        treatment,
        sum(row_count) as row_count,
        sum(person_count) as person_count
    from {{ ref('pop_problem_count') }}
    group by problem, register, treatment
),

final as (
    select
        problem,
        register,
        treatment,
    {%- for count in ['row_count', 'person_count'] %}
    cast(
        case
            when
                {{ count }} = 0 or {{ count }} >= {{ var('minimum_cell') }}
                then {{ count }}
        end as bigint
    ) as {{ count }}{{ "," if not loop.last }}
    {%- endfor %}
    from problem
)

select * from final
