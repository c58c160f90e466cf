{{ config(tags=['shared']) }}

-- The contract beside this model is the list of columns; each comes from one theme.
with wide as (
    select *  -- noqa: RF02
    from {{ ref('panel_calendar') }}
    left outer join {{ ref('panel_demography') }} using (person_id, year)
    left outer join {{ ref('panel_residence') }} using (person_id, year)
    left outer join {{ ref('panel_address') }} using (person_id, year)
    left outer join {{ ref('panel_migration') }} using (person_id, year)
    left outer join {{ ref('panel_household') }} using (person_id, year)
    left outer join {{ ref('panel_labour') }} using (person_id, year)
    left outer join {{ ref('panel_income') }} using (person_id, year)
    left outer join {{ ref('panel_education') }} using (person_id, year)
),

final as (
    select
    {% for column in model.columns %}
        {{ column }}{{ "," if not loop.last }}
    {% endfor %}
    from wide
)

select * from final
