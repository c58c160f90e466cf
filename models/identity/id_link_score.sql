with final as (
    select
        cast(respondent_id as string) as respondent_id,
        cast(scenario as string) as scenario,
        cast(link_pass as string) as link_pass,
        cast(person_key as string) as person_key,
        cast(match_probability as double) as match_probability,
        cast(estimated_precision as double) as estimated_precision,
        cast(is_accepted as boolean) as is_accepted,
        cast(is_right as boolean) as is_right,
        cast(scenario_weight as double) as scenario_weight,
        cast(evidence as string) as evidence
    from {{ ref('id_scored_link') }}
)

select * from final
