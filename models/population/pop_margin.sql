{{ config(tags=['shared']) }}

{%- set counted_margins = [
    'population', 'sex', 'age', 'generation', 'region', 'residence'
] -%}
{%- set education_margins = ['education', 'education_born_here', 'education_weighted'] -%}
{#- The weight of a record says for how many people it stands: one where the diploma is the
    person's own, more where the labour force survey found it, as a sample of those whose diploma
    is nowhere registered. -#}
{%- set is_own -%}
person.education_level is not null
            and person.education_weight <= {{ var('own_education_record_weight') }}
{%- endset -%}

with person as (
    select
        person.*,
        'all' as population,
        case
            when
                {{ is_own }}
                then cast(person.education_level as string)
            else 'unknown'
        end as education,
        case
            when person.generation = '1' then 'first_generation'
            when
                {{ is_own }}
                then cast(person.education_level as string)
            else 'unknown'
        end as education_born_here,
        coalesce(cast(person.education_level as string), 'unknown') as education_weighted,
        projection.population_factor,
        projection.panel_factor,
        projection.is_projected,
        cast(person.education_weight as decimal(18, 8)) as exact_weight
    from {{ ref('pop_survey_person') }} as person
    inner join {{ ref('pop_back_projection') }} as projection
        on
            person.survey = projection.survey
            and person.survey_year = projection.survey_year
            and person.origin_group = projection.origin_group
            and person.generation = projection.generation
            and person.sex = projection.sex
            and person.age = projection.age
    where person.stock = 'reference'
),

cell as (
    select
        survey,
        survey_year,
        origin_group,
        municipality_code,
        is_projected,
        {{ (counted_margins + education_margins) | join(',\n        ') }},
        sum(population_factor) as total,
        sum(panel_factor) as panel_total,
        sum(exact_weight) as record_total
    from person
    group by
        survey,
        survey_year,
        origin_group,
        municipality_code,
        is_projected,
        {{ (counted_margins + education_margins) | join(',\n        ') }}
),

area_cell as (
    select
        cell.*,
        'nation' as area
    from cell
    union all
    select
        cell.*,
        cell.municipality_code as area
    from cell
    inner join {{ ref('survey_population') }} as survey
        on cell.survey = survey.survey and cell.survey_year = survey.survey_year
    where survey.has_municipality_totals and cell.municipality_code is not null
),

counted as (
    {%- for margin in counted_margins %}
    select
        survey,
        survey_year,
        origin_group,
        area,
        '{{ margin }}' as margin,
        {{ margin }} as category,
        sum(total) as total,
        sum(panel_total) as panel_total,
        max(is_projected) as is_projected
    from area_cell
    group by survey, survey_year, origin_group, area, {{ margin }}
    {{ "union all" if not loop.last }}
    {%- endfor %}
),

-- Who has no record of a diploma is a class of its own: the population less the records.
recorded as (
    {%- for margin in education_margins %}
    select
        survey,
        survey_year,
        origin_group,
        area,
        '{{ margin }}' as margin,
        {{ margin }} as category,
        sum(case when {{ margin }} = 'first_generation' then total else record_total end)
            as total
    from area_cell
    where {{ margin }} <> 'unknown'
    group by survey, survey_year, origin_group, area, {{ margin }}
    {{ "union all" if not loop.last }}
    {%- endfor %}
),

unrecorded as (
    select
        recorded.survey,
        recorded.survey_year,
        recorded.origin_group,
        recorded.area,
        recorded.margin,
        'unknown' as category,
        greatest(max(counted.total) - sum(recorded.total), 0) as total
    from recorded
    inner join counted
        on
            recorded.survey = counted.survey
            and recorded.survey_year = counted.survey_year
            and recorded.origin_group = counted.origin_group
            and recorded.area = counted.area
            and counted.margin = 'population'
    group by
        recorded.survey,
        recorded.survey_year,
        recorded.origin_group,
        recorded.area,
        recorded.margin
),

registered as (
    select
        survey,
        survey_year,
        origin_group,
        area,
        margin,
        category,
        cast(total as double) as total,
        cast(panel_total as double) as panel_total,
        case when is_projected then 'back_projection' else 'register' end
            as margin_evidence
    from counted
    {%- for relation in ['recorded', 'unrecorded'] %}
    union all
    select
        survey,
        survey_year,
        origin_group,
        area,
        margin,
        category,
        cast(total as double) as total,
        cast(total as double) as panel_total,
        'register' as margin_evidence
    from {{ relation }}
    {%- endfor %}
),

-- What is published of the nation takes the place of a count.
published as (
    select
        survey,
        survey_year,
        origin_group,
        'nation' as area,
        margin,
        category,
        total
    from {{ ref('published_margin') }}
),

final as (
    select registered.*
    from registered
    anti join published
        on
            registered.survey = published.survey
            and registered.survey_year = published.survey_year
            and registered.origin_group = published.origin_group
            and registered.area = published.area
            and registered.margin = published.margin
    union all
    select
        survey,
        survey_year,
        origin_group,
        area,
        margin,
        category,
        total,
        total as panel_total,
        'published' as margin_evidence
    from published
)

select * from final
