with

member as (
    select
        member.survey,
        member.survey_year,
        member.domain,
        member.variant,
        member.margin,
        member.category,
        count(*) as respondent_count,
        {{ exact_sum('calibrated.start_weight', decimals=12) }} as start_total,
        {{ exact_sum('calibrated.weight', decimals=12) }} as weight_total
    from {{ ref('wgt_calibration_member') }} as member
    inner join {{ ref('wgt_calibrated') }} as calibrated
        using (respondent_id, variant)
    group by all
),

source as (
    select
        survey,
        survey_year,
        domain,
        margin,
        max(margin_evidence) as margin_evidence
    from {{ ref('wgt_margin') }}
    group by all
),

final as (
    select
        survey,
        survey_year,
        domain,
        variant,
        margin,
        category,
        member.respondent_count,
        goal.total as population_total,
        member.start_total,
        member.weight_total,
        abs(member.weight_total / goal.total - 1) as relative_error,
        source.margin_evidence
    from {{ ref('wgt_calibration_target') }} as goal
    left outer join member
        using (survey, survey_year, domain, variant, margin, category)
    left outer join source using (survey, survey_year, domain, margin)
)

select * from final
