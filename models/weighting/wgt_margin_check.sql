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
        cast(sum(cast(calibrated.start_weight as decimal(38, 12))) as double)
            as start_total,
        cast(sum(cast(calibrated.weight as decimal(38, 12))) as double)
            as weight_total
    from {{ ref('wgt_calibration_member') }} as member
    inner join {{ ref('wgt_calibrated') }} as calibrated
        using (respondent_id, variant)
    group by all
),

evidence as (
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
        target.total as population_total,
        member.start_total,
        member.weight_total,
        abs(member.weight_total / target.total - 1) as relative_error,
        evidence.margin_evidence
    from {{ ref('wgt_calibration_target') }} as target
    left outer join member
        using (survey, survey_year, domain, variant, margin, category)
    left outer join evidence using (survey, survey_year, domain, margin)
)

select * from final
