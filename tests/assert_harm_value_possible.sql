-- A value outside its code list or range is an error that tables show as fact.
select
    harm_value.survey,
    harm_value.survey_year,
    harm_value.variable,
    harm_value.value,
    harm_value.source_variable,
    min(harm_value.source_code) as example_code,
    count(*) as delivered_count,
    'map the delivered code in crosswalk_value, as a code, a number in range or missing'
        as what_to_do
from {{ ref('harm_value') }} as harm_value
inner join {{ ref('harmonised_variable') }} as harmonised_variable using (variable)
left outer join {{ ref('harmonised_code') }} as harmonised_code
    on
        harm_value.variable = harmonised_code.variable
        and harm_value.value = harmonised_code.code
where
    harm_value.value is not null
    and case harmonised_variable.value_type
        when 'category' then harmonised_code.code is null
        when 'date' then try_cast(harm_value.value as date) is null
        when 'number' then coalesce(
            try_cast(harm_value.value as double) not between
            coalesce(harmonised_variable.minimum, '-infinity')
            and coalesce(harmonised_variable.maximum, 'infinity'), true
        )
    end
group by all
