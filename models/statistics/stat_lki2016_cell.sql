{%- set shares = ['gross', 'net', 'nonresponse', 'population'] -%}

with

stratum as (
    select
        *,
        population_n * men_population_percent / 100 as men_population
    from {{ ref('stat_lki2016_stratum') }}
),

-- The sums that tables are made of, for every category, country and sex.
part as (
    select
        category,
        country,
        'all' as level,
        drawn_n as drawn,
        gross_n as gross,
        net_n as net,
        refusal_n as refusal,
        no_contact_n as no_contact,
        other_n as other,
        cast(population_n as double) as population
    from stratum
    union all
    select
        category,
        country,
        'men' as level,
        null as drawn,
        men_gross_n as gross,
        men_net_n as net,
        null as refusal,
        null as no_contact,
        null as other,
        men_population as population
    from stratum
    union all
    select
        category,
        country,
        'women' as level,
        null as drawn,
        gross_n - men_gross_n as gross,
        net_n - men_net_n as net,
        null as refusal,
        null as no_contact,
        null as other,
        population_n - men_population as population
    from stratum
),

total as (
    select
        coalesce(category, 'all') as category,
        coalesce(country, 'All') as country,
        level,
        sum(drawn) as drawn,
        sum(gross) as gross,
        sum(net) as net,
        sum(gross) - sum(net) as nonresponse,
        sum(refusal) as refusal,
        sum(no_contact) as no_contact,
        sum(other) as other,
        sum(population) as population
    from part
    group by cube (category, country), level
),

-- Shares are of the sexes within a country, or of a country within all countries.
whole as (
    select
        part.*,
        {% for name in shares %}
        1e2 * part.{{ name }} / base.{{ name }} as {{ name }}_share,
        {% endfor %}
    from total as part
    inner join total as base
        on
            part.category = base.category
            and base.level = 'all'
            and base.country = case when part.level = 'all' then 'All' else part.country end
),

rate as (
    select
        category,
        country,
        level,
        cast(gross as double) as gross,
        1e2 * (drawn - gross) / drawn as out_of_scope,
        1e2 * net / gross as response,
        1e2 * refusal / gross as refusal,
        1e2 * no_contact / gross as no_contact,
        1e2 * other / gross as other,
        1e2 * (gross - no_contact) / gross as contact,
        1e2 * net / (gross - no_contact) as recruitment,
        gross_share,
        net_share,
        nonresponse_share,
        population_share,
        gross_share - population_share as gross_minus_population,
        net_share - gross_share as net_minus_gross,
        net_share - population_share as net_minus_population,
        population / net as mean_weight
    from whole
),

recomputed as (
    unpivot rate
    on columns(* exclude (category, country, level))
    into name measure value recomputed
),

{#- The weight of each stratum stands once for each interview. -#}
weight_place as (
    select
        category,
        unnest(['minimum', 'q1', 'median', 'q3', 'maximum']) as level,
        unnest(quantile_disc(weight, [0, 0.25, 0.5, 0.75, 1])) as recomputed
    from stratum
    inner join range(1000) as interview (number) on interview.number < stratum.net_n
    group by category
),

-- A share of 100 - p has the error of a share of p, in a sample of one stratum.
standard_error as (
    select
        printed.category,
        printed.country,
        printed.level,
        sqrt(cast(printed.level as double) * (100 - cast(printed.level as double)) / net_n)
            as recomputed
    from {{ ref('lki2016_printed') }} as printed
    inner join stratum using (category, country)
    where printed.measure = 'standard_error'
),

everything as (
    select
        category,
        country,
        level,
        measure,
        cast(recomputed as double) as recomputed
    from recomputed
    union all
    select
        category,
        'All' as country,
        level,
        'weight' as measure,
        recomputed
    from weight_place
    union all
    select
        category,
        country,
        level,
        'standard_error' as measure,
        recomputed
    from standard_error
),

final as (
    select
        printed.table_number,
        printed.page,
        category,
        country,
        level,
        measure,
        cast(printed.printed as double) as printed,
        everything.recomputed,
        everything.recomputed - cast(printed.printed as double) as difference,
        case
            when abs(everything.recomputed - printed.printed) < 0.05 + 1e-9 then 'equal'
            when abs(everything.recomputed - printed.printed) < 0.15 + 1e-9
                then 'rounding'
            else 'differs'
        end as verdict,
        printed.remark
    from {{ ref('lki2016_printed') }} as printed
    left outer join everything using (category, country, level, measure)
)

select * from final
