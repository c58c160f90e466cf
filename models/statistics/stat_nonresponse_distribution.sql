{%- set attributes = ['sex', 'age', 'education', 'residence'] -%}
{%- set key = 'survey, survey_year, domain, attribute_name, category' -%}
{%- set noticeable = 'round(100 * {}, 6) not between -1 and 1' -%}

with

drawn_unit as (
    select
        design.survey,
        design.survey_year,
        design.domain,
        design.sex,
        design.age,
        register.education,
        register.residence,
        outcome.outcome,
        design.disposition = 'interview' as is_net,
        cast(design.weight_design as decimal(28, 8)) as weight
    from {{ ref('wgt_design') }} as design
    inner join {{ ref('harm_drawn_unit') }} as outcome
        using (survey, survey_year, sample_number)
    left outer join {{ ref('id_drawn_unit') }} as register
        using (survey, survey_year, sample_number)
    where design.is_in_scope and design.weight_design is not null
),

-- One row per unit and attribute; in the whole survey each group counts by its size.
described as (
    {%- for attribute in attributes %}
    select
        *,
        '{{ attribute }}' as attribute_name,
        {{ attribute }} as category
    from drawn_unit
    where {{ attribute }} is not null
    union all
    {%- endfor %}
    select
        * replace ('(all)' as domain),
        'origin_group' as attribute_name,
        domain as category
    from drawn_unit
),

in_domain as (
    select * from described
    union all
    select * replace ('(all)' as domain) from described
    where domain != '(all)'
),

cell as (
    select
        {{ key }},
        count(*) as gross_n,
        count(*) filter (where is_net) as net_n,
        count(*) filter (where outcome = 'no_contact') as no_contact_n,
        {{ exact_sum('weight') }} as gross_weight,
        coalesce(cast(sum(weight) filter (where is_net) as double), 0) as net_weight
    from in_domain
    group by all
),

margin as (
    select
        survey,
        survey_year,
        domain,
        margin as attribute_name,
        category,
        total
    from {{ ref('wgt_margin') }}
    where margin in ({{ quoted(attributes) }})
    union all
    select
        survey,
        survey_year,
        '(all)' as domain,
        'origin_group' as attribute_name,
        domain as category,
        total
    from {{ ref('wgt_margin') }}
    where margin = 'population'
),

population as (
    select * from margin
    union all
    select
        survey,
        survey_year,
        '(all)' as domain,
        attribute_name,
        category,
        {{ exact_sum('total') }} as total
    from margin
    where domain != '(all)'
    group by survey, survey_year, attribute_name, category
),

-- What a cell with too few units would show stays out, so that it is null below.
shown as (
    select
        *,
        {{ share_of('gross_weight', 'whole') }} as gross_share,
        {{ share_of('net_weight', 'whole') }} as net_share
    from cell
    window whole as (partition by survey, survey_year, domain, attribute_name)
    qualify gross_n >= {{ var('minimum_cell') }}
),

population_share as (
    select
        {{ key }},
        {{ share_of('total', 'whole') }} as population_share
    from population
    window whole as (partition by survey, survey_year, domain, attribute_name)
),

final as (
    select
        {{ key }},
        shown.gross_n,
        shown.net_n,
        shown.net_n / shown.gross_n as response_rate,
        (shown.gross_n - shown.no_contact_n) / shown.gross_n as contact_rate,
        population_share.population_share,
        shown.gross_share,
        shown.net_share,
        shown.gross_share - population_share.population_share as gross_minus_population,
        shown.net_share - shown.gross_share as net_minus_gross,
        shown.net_share - population_share.population_share as net_minus_population
    from cell
    semi join population using (survey, survey_year, attribute_name)
    left outer join shown using ({{ key }})
    left outer join population_share using ({{ key }})
),

flagged as (
    select
        *,
        {{ noticeable.replace('{}', 'gross_minus_population') }}
            as is_gross_noticeable,
        {{ noticeable.replace('{}', 'net_minus_gross') }} as is_net_noticeable,
        case when net_n is null then 'small_cell' end as no_estimate_reason
    from final
)

select * from flagged
