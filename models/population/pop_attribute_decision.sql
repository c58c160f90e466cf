{{ config(tags=['shared']) }}

with evidence as (
    select
        evidence.*,
        priority.position,
        priority.rule
    from {{ ref('pop_attribute_evidence') }} as evidence
    inner join {{ ref('attribute_priority') }} as priority
        on
            evidence.attribute_name = priority.attribute_name
            and evidence.attribute_source = priority.attribute_source
),

-- How many other sources tell each value; weak ones count here and never decide alone.
supported as (
    select
        *,
        count(case when attribute_source <> 'person_register' then 1 end) over (
            partition by person_key, attribute_name, attribute_value
        ) as other_sources,
        bool_or(attribute_source <> 'person_register' and not is_weak) over (
            partition by person_key, attribute_name, attribute_value
        ) as is_told_elsewhere,
        max(case
            when
                attribute_source <> 'person_register'
                and attribute_value = reported_value
                then 1
            else 0
        end) over (partition by person_key, attribute_name) as reported_is_supported
    from evidence
),

ranked as (
    select
        *,
        case
            when rule = 'unless_two_others_agree'
                then
                    case
                        when
                            reported_is_supported = 0 and is_told_elsewhere
                            and other_sources >= 2
                            then 0
                        when is_weak then 2
                        else 1
                    end
            when rule = 'exact_before_imputed' and is_weak then 1
            else 0
        end as rank_class
    from supported
),

chosen as (
    select *
    from ranked
    where rank_class < 2
    qualify row_number() over (
        partition by person_key, attribute_name
        order by
            rank_class asc,
            case
                when rule = 'unless_two_others_agree' and rank_class = 0
                    then other_sources
                else 0
            end desc,
            position asc,
            case when attribute_value = reported_value then 0 else 1 end asc,
            attribute_value asc
    ) = 1
),

final as (
    select
        person_key,
        attribute_name,
        reported_value,
        attribute_value as final_value,
        attribute_source,
        case
            when attribute_value = reported_value then null
            when reported_value is null then 'filled_from_other_source'
            when rule = 'unless_two_others_agree' then 'cross_check'
            when rule = 'exact_before_imputed' then 'exact_over_imputed'
        end as attribute_reason
    from chosen
)

select * from final
