{#- Rates of linkage per group and pass, from `id_link_assessed`; `group_columns` come with their
    names. Counts under `minimum_cell` and what rests on them are null; counts are rounded to fives
    and shares to whole per cents, so that a difference of two of them tells nothing. -#}
{% macro link_quality(group_columns) %}
{%- set smallest = var('minimum_cell') -%}

with assessed as (
    select * from {{ ref('id_link_assessed') }}
),

-- The passes in their order, and all of them together.
pass as (
    select
        link_pass,
        position
    from {{ ref('link_pass') }}
    where link_pass in ({{ quoted(linkage_passes()) }})
    union all
    select
        'all' as link_pass,
        99 as position
),

-- A link counts for its pass and for all, and for its group and the whole wave; with a
-- later pass it stays linked.
placed as (
    select
        {% for column in group_columns[:-1] %}
        assessed.{{ column }},
        {% endfor %}
        unnest([assessed.{{ group_columns[-1] }}, 'all']) as {{ group_columns[-1] }},
        pass.link_pass,
        pass.position,
        assessed.has_consented,
        assessed.is_linkable,
        assessed.is_under_covered,
        coalesce(assessed.position <= pass.position, false) as is_linked_so_far,
        assessed.position = pass.position
        or (pass.link_pass = 'all' and assessed.position is not null) as is_link,
        assessed.estimated_precision,
        assessed.is_signless,
        assessed.sex_agrees,
        assessed.birth_year_agrees,
        assessed.birth_country_agrees
    from assessed
    cross join pass
),

counted as (
    select
        {{ group_columns | join(',\n        ') }},
        link_pass,
        count(*) as interview_count,
        count(*) filter (where has_consented) as consented_count,
        count(*) filter (where is_linkable) as linkable_count,
        count(*) filter (where is_link) as linked_count,
        count(*) filter (where is_linkable and not is_linked_so_far) as missed_count,
        count(*) filter (where has_consented and is_under_covered) as outside_count,
        avg(1 - estimated_precision) filter (where is_link) as false_share,
        count(is_signless) filter (where is_link) as covered_count,
        count(*) filter (where is_link and is_signless) as signless_count,
        {% for name in ['sex', 'birth_year', 'birth_country'] %}
        count({{ name }}_agrees) filter (where is_link) as {{ name }}_count,
        count(*) filter (where is_link and {{ name }}_agrees) as {{ name }}_same_count
        {{- "," if not loop.last }}
        {% endfor %}
    from placed
    group by {{ group_columns | join(', ') }}, link_pass
),

final as (
    select
        {{ group_columns | join(',\n        ') }},
        link_pass,
        {% for name in ['interview', 'consented', 'linked'] %}
        cast(
            case when {{ name }}_count >= {{ smallest }}
                then 5 * round({{ name }}_count / 5.0)
            end as int
        ) as {{ name }}_count,
        {% endfor %}
        {% for name, part, whole in [
            ('match_rate', 'linked', 'consented'),
            ('estimated_miss_rate', 'missed', 'linkable'),
            ('under_coverage_rate', 'outside', 'consented'),
            ('over_coverage_rate', 'signless', 'covered'),
            ('sex_agreement_rate', 'sex_same', 'sex'),
            ('birth_year_agreement_rate', 'birth_year_same', 'birth_year'),
            ('birth_country_agreement_rate', 'birth_country_same', 'birth_country'),
        ] %}
        cast(
            case when {{ whole }}_count >= {{ smallest }}
                then round({{ part }}_count / {{ whole }}_count, 2)
            end as double
        ) as {{ name }},
        {% endfor %}
        cast(
            case when linked_count >= {{ smallest }} then round(false_share, 3) end
            as double
        ) as estimated_false_match_rate
    from counted
)

select * from final
{% endmacro %}
