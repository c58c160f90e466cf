with

represented as (
    select
        survey,
        survey_year,
        max(represents) as represents
    from {{ ref('wgt_design') }}
    group by survey, survey_year
),

area as (
    select distinct
        survey,
        survey_year,
        cluster as area
    from {{ ref('wgt_design') }}
    where represents = 'municipalities'
    union all
    select
        survey,
        survey_year,
        'nation' as area
    from represented
    where represents = 'nation'
),

final as (
    select
        margin.survey,
        margin.survey_year,
        represented.represents,
        margin.origin_group as domain,
        margin.margin,
        margin.category,
        {{ exact_sum('margin.total', decimals=12) }} as total,
        {{ exact_sum('margin.panel_total', decimals=12) }} as panel_total,
        max(margin.margin_evidence) as margin_evidence
    from {{ ref('pop_margin') }} as margin
    inner join represented using (survey, survey_year)
    inner join area using (survey, survey_year, area)
    group by all
)

select * from final
