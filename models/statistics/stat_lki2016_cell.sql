{%- set shares = ['gross', 'net', 'nonresponse', 'population'] -%}

with

-- Sums of decimals are the same in any order; those of floats are not.
stratum as (
    select
        *,
        cast(
            population_n * men_population_percent / 100 as decimal(18, 4)
        ) as men_population
    from {{ ref('stat_lki2016_stratum') }}
),

-- The sums that tables are made of, for every category, country and sex.
sums as (
    select
        category,
        country,
        'all' as part,
        drawn_n as drawn,
        gross_n as gross,
        net_n as net,
        refusal_n as refusal,
        no_contact_n as no_contact,
        other_n as other,
        cast(population_n as decimal(18, 4)) as population
    from stratum
    union all
    select
        category,
        country,
        'men' as part,
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
        'women' as part,
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
        part,
        sum(drawn) as drawn,
        sum(gross) as gross,
        sum(net) as net,
        sum(gross) - sum(net) as nonresponse,
        sum(refusal) as refusal,
        sum(no_contact) as no_contact,
        sum(other) as other,
        sum(population) as population
    from sums
    group by cube (category, country), part
),

-- Shares are of the sexes within a country, or of a country within all countries.
shared as (
    select
        {%- for name in shares %}
        1e2 * total.{{ name }} / base.{{ name }} as {{ name }}_share,
        {%- endfor %}
        total.*
    from total
    inner join total as base
        on
            total.category = base.category
            and base.part = 'all'
            and case when total.part = 'all' then 'All' else total.country end
            = base.country
),

rate as (
    select
        category,
        country,
        part,
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
        cast(population as double) / net as mean_weight
    from shared
),

recomputed as (
    unpivot rate
    on columns(* exclude (category, country, part))
    into name measure value recomputed
),

-- The weight of each stratum stands once for each interview.
interview as (
    select
        stratum.category,
        stratum.weight
    from stratum
    inner join range(1000) as number on stratum.net_n > number.range
),

weight_place as (
    select
        category,
        unnest(['minimum', 'q1', 'median', 'q3', 'maximum']) as part,
        unnest(quantile_disc(weight, [0, 0.25, 0.5, 0.75, 1])) as recomputed
    from interview
    group by category
),

-- A share of 100 - p has the error of a share of p, in a sample of one stratum.
printed_error as (
    select
        category,
        country,
        part,
        cast(part as double) as percentage
    from {{ ref('lki2016_printed') }}
    where measure = 'standard_error'
),

standard_error as (
    select
        printed_error.category,
        printed_error.country,
        printed_error.part,
        sqrt(
            printed_error.percentage * (100 - printed_error.percentage) / stratum.net_n
        ) as recomputed
    from printed_error
    inner join stratum using (category, country)
),

everything as (
    select
        category,
        country,
        part,
        measure,
        cast(recomputed as double) as recomputed
    from recomputed
    union all
    select
        category,
        'All' as country,
        part,
        'weight' as measure,
        recomputed
    from weight_place
    union all
    select
        category,
        country,
        part,
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
        part,
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
    left outer join everything using (category, country, part, measure)
)

select * from final
