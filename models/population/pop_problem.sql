{{ config(tags=['shared']) }}

{% set no_key = 'cast(null as string)' %}

with person as (
    select * from {{ ref('pop_person') }}
),

believed as (
    select
        link.child_key,
        link.parent_key,
        link.parent_role,
        child.birth_date,
        child.birth_date_is_imputed
    from {{ ref('pop_parent_child') }} as link
    inner join person as child
        on link.child_key = child.person_key
    where link.problem is null
),

birth_interval as (
    select
        child_key,
        parent_key,
        birth_date,
        {{ days_between(
            'lag(birth_date) over ('
            ~ 'partition by parent_key order by birth_date nulls last, child_key)',
            'birth_date'
        ) }} as days_since_birth
    from believed
    where parent_role = 'mother' and not birth_date_is_imputed
),

two_parents as (
    select
        child_key,
        'two_' || parent_role || 's' as problem,
        min(parent_key) as parent_key,
        min(birth_date) as birth_date
    from believed
    group by child_key, parent_role
    having count(*) > 1
),

{% for spell in ['address', 'household'] %}
{{ spell }} as (
    select
        person_key,
        start_date,
        end_date,
        coalesce(end_date > start_date, start_date is not null) as has_days,
        lead(start_date) over (
            partition by person_key
            order by start_date, end_date nulls last
        ) as next_date
    from {{ resolved(ref('stg_' ~ spell ~ '_spell')) }}
    where is_linkable
),

{{ spell }}_problem as (
    select
        person_key,
        start_date,
        case
            when not has_days then 'empty_{{ spell }}'
            when next_date = start_date then 'duplicated_{{ spell }}'
            when next_date < coalesce(end_date, {{ far_future() }})
                then 'overlapping_{{ spell }}'
        end as problem
    from {{ spell }}
),

{% endfor %}
out_of_life as (
    select
        address.person_key,
        address.start_date,
        case
            when address.start_date > person.death_date
                then 'registered_after_death'
            else 'registered_before_birth'
        end as problem
    from address
    inner join person
        on address.person_key = person.person_key
    where
        address.start_date > person.death_date
        or (address.start_date < person.birth_date and not person.birth_date_is_imputed)
),

final as (
    select
        problem,
        child_key as person_key,
        parent_key as other_key,
        cast(null as date) as problem_date,
        cast(parent_age_at_birth as string) as problem_value
    from {{ ref('pop_parent_child') }}
    where problem is not null
    union all
    select
        'births_too_close' as problem,
        child_key as person_key,
        parent_key as other_key,
        birth_date as problem_date,
        cast(days_since_birth as string) as problem_value
    from birth_interval
    where days_since_birth between 3 and {{ var('days_between_births') }}
    union all
    select
        problem,
        child_key as person_key,
        parent_key as other_key,
        birth_date as problem_date,
        {{ no_key }} as problem_value
    from two_parents
    union all
    select
        case death_date_reason
            when 'impossible_date' then 'death_before_birth'
            else 'two_deaths'
        end as problem,
        person_key,
        {{ no_key }} as other_key,
        death_date_reported as problem_date,
        cast(death_date as string) as problem_value
    from {{ ref('pop_death') }}
    where death_date_reason is not null
    union all
    select
        problem,
        person_key,
        {{ no_key }} as other_key,
        start_date as problem_date,
        {{ no_key }} as problem_value
    from out_of_life
    union all
    {%- for spell in ['address', 'household'] %}
    select
        problem,
        person_key,
        {{ no_key }} as other_key,
        start_date as problem_date,
        {{ no_key }} as problem_value
    from {{ spell }}_problem
    where problem is not null
    union all
    {%- endfor %}
    select
        repair as problem,
        person_key,
        {{ no_key }} as other_key,
        movement_date as problem_date,
        reason as problem_value
    from {{ ref('pop_itinerary_repair') }}
    union all
    select
        'several_numbers' as problem,
        person_key,
        number_key as other_key,
        cast(null as date) as problem_date,
        number_decision as problem_value
    from {{ ref('pop_person_number') }}
    union all
    select
        'ambiguous_numbers' as problem,
        number_key as person_key,
        later_number_key as other_key,
        cast(null as date) as problem_date,
        number_decision as problem_value
    from {{ ref('pop_number_decision') }}
    where number_decision = 'ambiguous'
    union all
    select
        case
            when attribute_reason is null then 'attribute_conflict'
            when attribute_reason = 'cross_check' then attribute_name || '_corrected'
            else attribute_name || '_filled'
        end as problem,
        person_key,
        {{ no_key }} as other_key,
        cast(null as date) as problem_date,
        attribute_name || ': ' || coalesce(reported_value, 'unknown')
        || ' became ' || final_value as problem_value
    from {{ ref('pop_attribute_decision') }}
    union all
    select
        'unknown_birth_date' as problem,
        person_key,
        {{ no_key }} as other_key,
        cast(null as date) as problem_date,
        {{ no_key }} as problem_value
    from person
    where birth_date is null
)

select * from final
