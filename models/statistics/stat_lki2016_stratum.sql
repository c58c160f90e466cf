{#- The counts that were printed as a percentage only: name, percentage, base. -#}
{%- set counts = [
    ('net_n', 'response_percent', 'gross_n'),
    ('refusal_n', 'refusal_percent', 'gross_n'),
    ('no_contact_n', 'no_contact_percent', 'gross_n'),
    ('other_n', 'other_percent', 'gross_n'),
    ('men_gross_n', 'men_gross_percent', 'gross_n'),
    ('out_of_scope_n', 'out_of_scope_percent', 'gross_n + whole.number'),
] -%}

with

stratum as (
    select * from {{ ref('lki2016_stratum') }}
),

whole as (
    select cast(range as int) as number
    from range(1000)
),

-- Every whole number whose percentage rounds to the printed one; two leave a choice.
candidate as (
    {%- for name, percent, base in counts %}
    select
        stratum.category,
        stratum.country,
        '{{ name }}' as quantity,
        whole.number
    from stratum
    inner join whole
        on
            abs(1e2 * whole.number / ({{ base }}) - stratum.{{ percent }})
            < 0.05 + 1e-9
    {{ "union all" if not loop.last }}
    {%- endfor %}
),

fitting as (
    select
        category,
        country,
        {%- for name, _, _ in counts %}
        max(number) filter (where quantity = '{{ name }}') as {{ name }},
        {%- endfor %}
        greatest(
            {%- for name, _, _ in counts %}
            count(*) filter (where quantity = '{{ name }}'){{ "," if not loop.last }}
            {%- endfor %}
        ) as most_candidates
    from candidate
    group by category, country
),

-- Interviews with men: theirs and those of women both round to the printed rates.
fitting_men as (
    select
        stratum.category,
        stratum.country,
        max(whole.number) as men_net_n,
        count(*) as most_candidates
    from stratum
    inner join fitting using (category, country)
    inner join whole
        on
            abs(
                1e2 * whole.number / fitting.men_gross_n - stratum.men_response_percent
            ) < 0.05 + 1e-9
            and abs(
                1e2 * (fitting.net_n - whole.number)
                / (stratum.gross_n - fitting.men_gross_n)
                - stratum.women_response_percent
            ) < 0.05 + 1e-9
    group by stratum.category, stratum.country
),

final as (
    select
        stratum.category,
        stratum.country,
        stratum.gross_n + fitting.out_of_scope_n as drawn_n,
        fitting.out_of_scope_n,
        stratum.gross_n,
        fitting.net_n,
        fitting.refusal_n,
        fitting.no_contact_n,
        fitting.other_n,
        fitting.men_gross_n,
        men.men_net_n,
        cast(greatest(fitting.most_candidates, men.most_candidates) as int)
            as most_candidates,
        cast(
            coalesce(stratum.population_n, round(stratum.mean_weight * fitting.net_n))
            as int
        ) as population_n,
        cast(
            coalesce(
                stratum.population_n,
                ceil((stratum.mean_weight - 0.05) * fitting.net_n)
            ) as int
        ) as population_low,
        cast(
            coalesce(
                stratum.population_n,
                floor((stratum.mean_weight + 0.05) * fitting.net_n)
            ) as int
        ) as population_high,
        stratum.population_n is not null as is_population_printed,
        stratum.men_population_percent,
        stratum.mean_weight as printed_weight,
        coalesce(stratum.population_n, round(stratum.mean_weight * fitting.net_n))
        / fitting.net_n as weight
    from stratum
    inner join fitting using (category, country)
    inner join fitting_men as men using (category, country)
)

select * from final
