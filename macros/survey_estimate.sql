{#- A sum that does not depend on the order of the rows, as sums of floats do. -#}
{% macro exact_sum(expression, decimals=8) -%}
    cast(sum(cast({{ expression }} as decimal(38, {{ decimals }}))) as double)
{%- endmacro %}


{#- What part of the sum over a window a column is; null where the sum is nothing. -#}
{% macro share_of(column, window) -%}
    {{ column }} / nullif(
            cast(sum(cast({{ column }} as decimal(38, 8))) over {{ window }} as double), 0
        )
{%- endmacro %}


{#- CTE `design`: one row per weighted respondent, with what the variance of an estimate needs. -#}
{% macro survey_design() %}
weighted_unit as (
    select
        respondent_weight.respondent_id,
        respondent_weight.survey,
        respondent_weight.survey_year,
        respondent_weight.represents,
        place.variance_stratum as stratum,
        place.variance_unit as unit,
        place.population_units,
        cast(respondent_weight.weight as decimal(18, 8)) as weight
    from {{ ref('mart_survey_weight') }} as respondent_weight
    inner join {{ ref('wgt_variance_unit') }} as place using (respondent_id)
    where respondent_weight.weight is not null
),

-- Where everybody in scope was interviewed nothing is left to chance.
unit_count as (
    select
        survey,
        survey_year,
        stratum,
        count(distinct unit) as unit_count,
        greatest(1 - coalesce(count(distinct unit) / max(population_units), 0), 0)
            as unsampled_share
    from weighted_unit
    group by all
),

design as (
    select *
    from weighted_unit
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


{#- CTE `answer`: what the macro `ratio_estimates` reads. `member` is a CTE that puts respondents
    into domains; `harmonised_value` has their answers. -#}
{% macro weighted_answers(domain, member) %}
answer as (
    select
        respondent_id,
        {{ domain | join(', ') }},
        case when asked.is_number then '(mean)' else given.value end as category,
        case when asked.is_number then cast(given.value as decimal(18, 4)) else 1 end
            as amount,
        design.weight,
        design.stratum,
        design.unit,
        design.unit_count,
        design.unsampled_share
    from harmonised_value as given
    inner join asked using (variable)
    inner join design using (respondent_id)
    inner join {{ member }} using (respondent_id)
)
{%- endmacro %}


{#- CTE `ratio`: weighted share (or mean) of each category in each domain, with its standard error.

    Reads `category` (also for what nobody chose) and a CTE `answer`: the columns of `domain`,
    category, amount (1, or the number of which the mean is taken), and respondent_id, weight,
    stratum, unit, unit_count and unsampled_share of `design`. The error is that of a ratio by
    Taylor linearisation: units within strata, a correction for the finite population, and of the
    residuals of the calibration (`wgt_variance_term`). Units of the sample outside the domain
    count as zero, a stratum with one unit by its own square. -#}
{% macro ratio_estimates(domain) %}
{%- set columns = domain | join(', ') %}
unit_total as (
    select
        {{ columns }},
        stratum,
        unit,
        unit_count,
        unsampled_share,
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
        unsampled_share,
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
        total.unsampled_share,
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
        unsampled_share,
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
        unsampled_share,
        case when squares > 1e-10 * yy then squares else 0 end as squares,
        case when squares > 1e-10 * yy then total else 0 end as total
    from expanded
),

uncalibrated as (
    select
        {{ columns }},
        category,
        {{ exact_sum(
            'unsampled_share * case when unit_count = 1 then squares else greatest('
            ~ 'squares - total * total / unit_count, 0) * unit_count / (unit_count - 1) end'
        ) }} as variance
    from residual
    group by all
),

calibration_term as (
    select
        respondent_id,
        term,
        coordinate,
        effect,
        spread
    from {{ ref('wgt_variance_term') }}
),

-- The calibration: coordinates and effects of what was answered, and of the domain itself.
term_total as (
    select
        {{ columns }},
        term,
        spread,
        {{ exact_sum('coordinate') }} as c,
        {{ exact_sum('effect') }} as h
    from answer
    inner join calibration_term using (respondent_id)
    group by all
),

term_category as (
    select
        {{ columns }},
        category,
        term,
        {{ exact_sum('coordinate * cast(amount - centre as double)') }} as c,
        {{ exact_sum('effect * cast(amount - centre as double)') }} as h
    from answer
    inner join centre using ({{ columns }}, category)
    inner join calibration_term using (respondent_id)
    group by all
),

explained as (
    select
        {{ columns }},
        category,
        {{ exact_sum(
            '(coalesce(chosen.c, 0) - estimate * total.c) * ('
            ~ '2 * (coalesce(chosen.h, 0) - estimate * total.h)'
            ~ ' - total.spread * (coalesce(chosen.c, 0) - estimate * total.c))'
        ) }} as variance
    from term_total as total
    inner join ratio_total using ({{ columns }})
    left outer join term_category as chosen using ({{ columns }}, category, term)
    group by all
),

ratio as (
    select
        {{ columns }},
        category,
        n,
        coalesce(centre, 0) + estimate as estimate,
        sqrt(greatest(
            uncalibrated.variance
            - case
                when uncalibrated.variance > 0 then coalesce(explained.variance, 0) else 0
            end,
            0
        )) / domain_weight as se
    from ratio_total
    inner join uncalibrated using ({{ columns }}, category)
    left outer join explained using ({{ columns }}, category)
    left outer join centre using ({{ columns }}, category)
)
{%- endmacro %}
