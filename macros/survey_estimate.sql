{#- A sum that does not depend on the order of the rows, as sums of floats do. -#}
{% macro exact_sum(expression) -%}
    cast(sum(cast({{ expression }} as decimal(38, 8))) as double)
{%- endmacro %}


{#- CTE `design`: one row per weighted respondent, with what the variance of an estimate needs.

    The primary sampling unit is the municipality where municipalities were drawn by chance, and
    else the respondent, within stratum and municipality. A survey in `municipality_surveys` stands
    for its drawn municipalities only: their selection then has no part in weight and variance. -#}
{% macro survey_design() %}
drawn_place as (
    select
        unit.respondent_id,
        unit.survey in (
            'none' {%- for survey in var('municipality_surveys') %}, '{{ survey }}'
            {%- endfor -%}
        ) and unit.cluster is not null as is_of_municipalities,
        unit.stratum,
        coalesce(unit.cluster, '') as cluster,
        unit.cluster_probability
    from {{ ref('harm_drawn_unit') }} as unit
),

weighted_unit as (
    select
        respondent_id,
        respondent_weight.survey,
        respondent_weight.survey_year,
        case when place.is_of_municipalities then 'municipalities' else 'nation' end
            as represents,
        place.is_of_municipalities or place.cluster_probability = 1 as is_certain,
        place.stratum,
        place.cluster,
        cast(
            case
                when place.is_of_municipalities
                    then respondent_weight.weight * place.cluster_probability
                else respondent_weight.weight
            end as decimal(18, 8)
        ) as weight
    from {{ ref('mart_survey_weight') }} as respondent_weight
    inner join drawn_place as place using (respondent_id)
    where respondent_weight.weight is not null
),

design_unit as (
    select
        respondent_id,
        survey,
        survey_year,
        represents,
        case when is_certain then stratum || '/' || cluster else stratum end as stratum,
        case when is_certain then respondent_id else cluster end as unit,
        weight
    from weighted_unit
),

unit_count as (
    select
        survey,
        survey_year,
        stratum,
        count(distinct unit) as unit_count
    from design_unit
    group by all
),

design as (
    select *
    from design_unit
    inner join unit_count using (survey, survey_year, stratum)
)
{%- endmacro %}


{#- CTEs `asked` and `category`: the variables of respondents of which estimates are made, and
    their categories. The mean of a number has the category `(mean)`; origin makes the domains. -#}
{% macro estimated_variables() %}
asked as (
    select
        variable,
        value_type = 'number' as is_number
    from {{ ref('harmonised_variable') }}
    where not is_design and asked_of = 'respondent' and variable != 'origin_group'
),

category as (
    select
        variable,
        code as category
    from {{ ref('harmonised_code') }}
    union all
    select
        variable,
        '(mean)' as category
    from asked
    where is_number
)
{%- endmacro %}


{#- CTE `ratio`: weighted share (or mean) of each category in each domain, with its standard error.

    Reads `category` (also for what nobody chose) and a CTE `answer`: the columns of `domain`,
    category, amount (1, or the number of which the mean is taken), and weight, stratum, unit and
    unit_count of `design`. The error is that of a ratio by Taylor
    linearisation, units within strata, without a correction for finite populations; units of the
    sample outside the domain count as zero, a stratum with one unit by its own square. -#}
{% macro ratio_estimates(domain) %}
{%- set columns = domain | join(', ') %}
unit_total as (
    select
        {{ columns }},
        stratum,
        unit,
        unit_count,
        count(*) as n,
        cast(sum(weight) as double) as w
    from answer
    group by all
),

-- Numbers are counted from a round number near their mean: squares of years of birth would
-- drown what differs between people.
centre as (
    select
        {{ columns }},
        category,
        coalesce(round(avg(amount) filter (where category = '(mean)')), 0) as centre
    from answer
    group by all
),

unit_category as (
    select
        {{ columns }},
        category,
        stratum,
        unit,
        {{ exact_sum('cast(weight as double) * cast(amount - centre as double)') }} as y
    from answer
    inner join centre using ({{ columns }}, category)
    group by all
),

stratum_total as (
    select
        {{ columns }},
        stratum,
        unit_count,
        sum(n) as n,
        {{ exact_sum('w') }} as w,
        {{ exact_sum('w * w') }} as ww
    from unit_total
    group by all
),

stratum_category as (
    select
        {{ columns }},
        category,
        stratum,
        {{ exact_sum('y') }} as y,
        {{ exact_sum('y * y') }} as yy,
        {{ exact_sum('y * w') }} as yw
    from unit_category
    inner join unit_total using ({{ columns }}, stratum, unit)
    group by all
),

stratum_ratio as (
    select
        {{ columns }},
        category,
        total.unit_count,
        total.n,
        total.w,
        total.ww,
        coalesce(chosen.y, 0) as y,
        coalesce(chosen.yy, 0) as yy,
        coalesce(chosen.yw, 0) as yw
    from stratum_total as total
    inner join category using (variable)
    left outer join stratum_category as chosen using ({{ columns }}, stratum, category)
),

ratio_total as (
    select
        {{ columns }},
        category,
        cast(sum(n) as bigint) as n,
        {{ exact_sum('w') }} as domain_weight,
        {{ exact_sum('y') }} / {{ exact_sum('w') }} as estimate
    from stratum_ratio
    group by all
),

expanded as (
    select
        {{ columns }},
        category,
        unit_count,
        yy,
        yy - 2 * estimate * yw + estimate * estimate * ww as squares,
        y - estimate * w as total
    from stratum_ratio
    inner join ratio_total using ({{ columns }}, category)
),

-- Sums of squares and sums of the residuals y - estimate * w over the units of a stratum; what
-- rounding leaves where all are equal counts as nothing.
residual as (
    select
        {{ columns }},
        category,
        unit_count,
        case when squares > 1e-10 * yy then squares else 0 end as squares,
        case when squares > 1e-10 * yy then total else 0 end as total
    from expanded
),

ratio_variance as (
    select
        {{ columns }},
        category,
        {{ exact_sum(
            'case when unit_count = 1 then squares else greatest('
            ~ 'squares - total * total / unit_count, 0) * unit_count / (unit_count - 1) end'
        ) }} as variance
    from residual
    group by all
),

ratio as (
    select
        {{ columns }},
        category,
        n,
        coalesce(centre, 0) + estimate as estimate,
        sqrt(variance) / domain_weight as se
    from ratio_total
    inner join ratio_variance using ({{ columns }}, category)
    left outer join centre using ({{ columns }}, category)
)
{%- endmacro %}
