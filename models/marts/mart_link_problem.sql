with final as (
    select
        cast(problem.survey as string) as survey,
        cast(problem.survey_year as int) as survey_year,
        cast(problem.link_problem as string) as link_problem,
        cast(meaning.description as string) as description,
        cast(
            case
                when problem.row_count >= {{ var('minimum_cell') }}
                    then 5 * round(problem.row_count / 5.0)
            end as int
        ) as row_count
    from {{ ref('id_problem') }} as problem
    inner join {{ ref('link_problem') }} as meaning
        on problem.link_problem = meaning.link_problem
)

select * from final
