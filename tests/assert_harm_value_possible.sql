-- A value outside its code list or range is an error that tables show as fact.
with

found as (
    select
        survey,
        survey_year,
        variable,
        value,
        source_variable,
        source_code
    from {{ ref('harm_value') }}
    union all
    select
        survey,
        survey_year,
        variable,
        value,
        source_variable,
        source_code
    from {{ ref('harm_member_value') }}
)

select
    found.survey,
    found.survey_year,
    found.variable,
    found.value,
    found.source_variable,
    min(found.source_code) as example_code,
    count(*) as delivered_count,
    'map the delivered code in crosswalk_value, as a code, a number in range or missing'
        as what_to_do
from found
inner join {{ ref('harmonised_variable') }} as harmonised_variable using (variable)
left outer join {{ ref('harmonised_code') }} as harmonised_code
    on
        found.variable = harmonised_code.variable
        and found.value = harmonised_code.code
where
    found.value is not null
    and case harmonised_variable.value_type
        when 'category' then harmonised_code.code is null
        when 'date' then try_cast(found.value as date) is null
        when 'number' then coalesce(
            try_cast(found.value as double) not between
            coalesce(harmonised_variable.minimum, '-infinity')
            and coalesce(harmonised_variable.maximum, 'infinity'), true
        )
    end
group by all
