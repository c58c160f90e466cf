{{ config(tags=['shared']) }}

{% set parents = ['mother_birth_date', 'father_birth_date'] %}

-- A number that ended, and numbers that began with an arrival after that.
with ended as (
    select
        *,
        year(birth_date) as birth_year
    from {{ ref('pop_number') }}
    where last_date is not null
),

begun as (
    select
        *,
        year(birth_date) as birth_year
    from {{ ref('pop_number') }}
    where
        first_date > date '{{ var("register_start") }}'
        and first_date > birth_date + {{ var('slack_days') }}
),

{% for parent in parents + ['mother_key', 'father_key'] %}
same_{{ parent }} as (
    select
        ended.number_key,
        begun.number_key as later_number_key
    from ended
    inner join begun
        on
            ended.{{ parent }} = begun.{{ parent }}
            and ended.birth_year = begun.birth_year
    where
        ended.number_key <> begun.number_key
        and ended.last_date <= begun.first_date + {{ var('slack_days') }}
),

{% endfor %}
same_relative as (
    select
        ended.number_key,
        begun.number_key as later_number_key
    from {{ ref('pop_number_relative') }} as shared
    inner join ended
        on shared.number_key = ended.number_key
    inner join begun
        on shared.later_number_key = begun.number_key
    -- A difference: an equality DuckDB would join on first, everybody of a year of
    -- birth with everybody else.
    where
        begun.birth_year - ended.birth_year = 0
        and ended.last_date <= begun.first_date + {{ var('slack_days') }}
),

final as (
    {%- for parent in parents + ['mother_key', 'father_key'] %}
    select * from same_{{ parent }}
    union distinct
    {%- endfor %}
    select * from same_relative
)

select * from final
