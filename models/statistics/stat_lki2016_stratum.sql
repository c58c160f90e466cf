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
    select cast(number as int) as number
    from range(1000) as counted (number)
),

-- Every whole number whose percentage rounds to the printed one; a second one would be a choice.
candidate as (
    {% for name, percent, base in counts %}
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
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

counted as (
    select
        category,
        country,
        {% for name, _, _ in counts %}
        max(number) filter (where quantity = '{{ name }}') as {{ name }},
        {% endfor %}
        {% for name, _, _ in counts %}
        count(*) filter (where quantity = '{{ name }}') as {{ name }}_candidates,
        {% endfor %}
    from candidate
    group by category, country
),

-- Interviews with men: theirs and those of women have both to round to the printed rates.
men as (
    select
        stratum.category,
        stratum.country,
        max(whole.number) as men_net_n,
        count(*) as men_net_n_candidates
    from stratum
    inner join counted using (category, country)
    inner join whole
        on
            abs(
                1e2 * whole.number / counted.men_gross_n - stratum.men_response_percent
            ) < 0.05 + 1e-9
            and abs(
                1e2 * (counted.net_n - whole.number)
                / (stratum.gross_n - counted.men_gross_n) - stratum.women_response_percent
            ) < 0.05 + 1e-9
    group by stratum.category, stratum.country
),

final as (
    select
        category,
        country,
        stratum.gross_n + counted.out_of_scope_n as drawn_n,
        counted.out_of_scope_n,
        stratum.gross_n,
        counted.net_n,
        counted.refusal_n,
        counted.no_contact_n,
        counted.other_n,
        counted.men_gross_n,
        men.men_net_n,
        cast(
            greatest(
                men.men_net_n_candidates
                {%- for name, _, _ in counts %}, counted.{{ name }}_candidates
                {%- endfor %}
            ) as int
        ) as most_candidates,
        coalesce(
            stratum.population_n, cast(round(stratum.mean_weight * counted.net_n) as int)
        ) as population_n,
        cast(
            coalesce(
                stratum.population_n, ceil((stratum.mean_weight - 0.05) * counted.net_n)
            ) as int
        ) as population_low,
        cast(
            coalesce(
                stratum.population_n, floor((stratum.mean_weight + 0.05) * counted.net_n)
            ) as int
        ) as population_high,
        stratum.population_n is not null as is_population_printed,
        stratum.men_population_percent,
        stratum.mean_weight as printed_weight,
        cast(
            coalesce(stratum.population_n, round(stratum.mean_weight * counted.net_n))
            as double
        ) / counted.net_n as weight
    from stratum
    inner join counted using (category, country)
    inner join men using (category, country)
)

select * from final
