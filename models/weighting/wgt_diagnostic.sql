with

weight as (
    select
        *,
        cast(weight as decimal(28, 10)) as exact_weight,
        cast(start_weight as decimal(28, 10)) as exact_start
    from {{ ref('wgt_calibrated') }}
),

scaled as (
    select
        weight.*,
        g
        * cast(
            sum(exact_start) over (partition by survey, survey_year, domain, variant)
            as double
        )
        / cast(
            sum(exact_weight) over (partition by survey, survey_year, domain, variant)
            as double
        ) as ratio
    from weight
),

-- A row per origin group, and one with the domain `(all)` per survey.
described as (
    select
        survey,
        survey_year,
        coalesce(domain, '(all)') as domain,
        variant,
        count(*) as respondent_count,
        cast(sum(exact_weight) as double) as weight_sum,
        min(weight) as weight_min,
        max(weight) as weight_max,
        min(g) as g_min,
        max(g) as g_max,
        min(ratio) as ratio_min,
        max(ratio) as ratio_max,
        {{ exact_sum('weight * weight') }} as square_sum
    from scaled
    group by grouping sets (
        (survey, survey_year, domain, variant), (survey, survey_year, variant)
    )
),

margin as (
    select
        survey,
        survey_year,
        coalesce(domain, '(all)') as domain,
        variant,
        count(distinct margin) as margin_count,
        count(distinct case when collapsed_category is null then domain || margin end)
            as given_up_margin_count,
        count(*) filter (where collapsed_category like '%+%')
            as merged_category_count
    from {{ ref('wgt_collapse') }}
    group by grouping sets (
        (survey, survey_year, domain, variant), (survey, survey_year, variant)
    )
),

check_error as (
    select
        survey,
        survey_year,
        coalesce(domain, '(all)') as domain,
        variant,
        max(relative_error) as largest_relative_error
    from {{ ref('wgt_margin_check') }}
    group by grouping sets (
        (survey, survey_year, domain, variant), (survey, survey_year, variant)
    )
),

final as (
    select
        survey,
        survey_year,
        domain,
        variant,
        described.respondent_count,
        described.weight_sum,
        described.weight_min,
        described.weight_max,
        described.g_min,
        described.g_max,
        described.ratio_min,
        described.ratio_max,
        described.respondent_count * described.square_sum
        / (described.weight_sum * described.weight_sum) as design_effect,
        described.weight_sum * described.weight_sum / described.square_sum
            as effective_sample_size,
        margin.margin_count,
        margin.given_up_margin_count,
        margin.merged_category_count,
        check_error.largest_relative_error
    from described
    left outer join margin using (survey, survey_year, domain, variant)
    left outer join check_error using (survey, survey_year, domain, variant)
)

select * from final
