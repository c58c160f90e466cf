{%- set domain = ['variable', 'survey', 'survey_year', 'origin_group', 'mode'] -%}
{%- set contrast = ['variable', 'category', 'survey', 'survey_year'] -%}

with

{{ survey_design() }},

interview as (
    select
        respondent_id,
        origin_group,
        mode
    from {{ ref('mart_cross_section') }}
    where origin_group is not null and mode is not null
),

{{ estimated_variables() }},

harmonised_value as (
    select
        respondent_id,
        variable,
        value
    from {{ ref('mart_harmonised_value') }}
    where value is not null
),

{{ weighted_answers(domain, 'interview') }},

{{ ratio_estimates(domain) }},

estimate as (
    select * from ratio
    where n >= {{ var('minimum_cell') }}
),

-- Modes are compared within origin groups, which differ in both mode and answers.
group_contrast as (
    select
        {{ contrast | join(', ') }},
        other.mode,
        face_to_face.mode as reference_mode,
        other.n,
        face_to_face.n as n_reference,
        other.estimate - face_to_face.estimate as difference,
        other.se * other.se + face_to_face.se * face_to_face.se as variance,
        cast(other.n + face_to_face.n as double) as size
    from estimate as face_to_face
    inner join estimate as other using ({{ contrast | join(', ') }}, origin_group)
    where face_to_face.mode = '1' and other.mode != '1'
),

final as (
    select
        {{ contrast | join(', ') }},
        mode,
        reference_mode,
        count(*) as origin_group_count,
        cast(sum(n) as bigint) as n,
        cast(sum(n_reference) as bigint) as n_reference,
        {{ exact_sum('size * difference') }} / {{ exact_sum('size') }} as difference,
        sqrt({{ exact_sum('size * size * variance') }}) / {{ exact_sum('size') }} as se
    from group_contrast
    group by all
)

select * from final
