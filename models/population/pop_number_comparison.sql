{{ config(tags=['shared']) }}

with pair as (
    select * from {{ ref('pop_number_pair') }}
),

number as (
    select * from {{ ref('pop_number') }}
),

relative as (
    select
        number_key,
        later_number_key,
        max(relation) as relation
    from {{ ref('pop_number_relative') }}
    group by number_key, later_number_key
),

compared as (
    select
        pair.number_key,
        pair.later_number_key,
        earlier.last_date,
        later.first_date,
        earlier.sex_code,
        later.sex_code as later_sex_code,
        earlier.birth_date,
        later.birth_date as later_birth_date,
        earlier.birth_date_is_imputed or later.birth_date_is_imputed
            as birth_date_is_imputed,
        earlier.birth_country_code,
        later.birth_country_code as later_birth_country_code,
        {%- for parent in ['mother', 'father'] %}
        coalesce(
            earlier.{{ parent }}_key, cast(earlier.{{ parent }}_birth_date as string)
        ) as {{ parent }},
        coalesce(
            later.{{ parent }}_key, cast(later.{{ parent }}_birth_date as string)
        ) as later_{{ parent }},
        case
            when
                earlier.{{ parent }}_key = later.{{ parent }}_key
                or earlier.{{ parent }}_birth_date = later.{{ parent }}_birth_date
                then 'agrees'
            when
                earlier.{{ parent }}_birth_date <> later.{{ parent }}_birth_date
                or earlier.{{ parent }}_key <> later.{{ parent }}_key
                then 'contradicts'
            else 'unknown'
        end as {{ parent }}_result,
        {%- endfor %}
        relative.relation,
        earlier.departure_country_code,
        later.arrival_country_code,
        earlier.death_date,
        earlier.was_in_union,
        later.starts_in_first_status
    from pair
    inner join number as earlier
        on pair.number_key = earlier.number_key
    inner join number as later
        on pair.later_number_key = later.number_key
    left outer join relative
        on
            pair.number_key = relative.number_key
            and pair.later_number_key = relative.later_number_key
),

final as (
    select
        *,
        case
            when birth_date = later_birth_date and birth_date_is_imputed then 'imputed'
            when birth_date = later_birth_date then 'agrees'
            when birth_date_is_imputed then 'same_year'
            else 'contradicts'
        end as birth_date_result,
        {%- for attribute in ['sex', 'birth_country'] %}
        case
            when {{ attribute }}_code = later_{{ attribute }}_code then 'agrees'
            when {{ attribute }}_code <> later_{{ attribute }}_code then 'contradicts'
            else 'unknown'
        end as {{ attribute }}_result,
        {%- endfor %}
        case when relation is null then 'unknown' else 'agrees' end as relative_result,
        case
            when departure_country_code = arrival_country_code then 'agrees'
            when departure_country_code <> arrival_country_code then 'contradicts'
            else 'unknown'
        end as route_result,
        case when death_date < first_date then 'contradicts' else 'unknown' end
            as death_result,
        case
            when was_in_union and starts_in_first_status then 'contradicts'
            else 'unknown'
        end as civil_status_result
    from compared
)

select * from final
