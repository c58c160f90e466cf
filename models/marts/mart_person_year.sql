with final as (
    select
    {% for column in model.columns %}
        {{ column }}{{ "," if not loop.last }}
    {% endfor %}
    from {{ ref('panel_person_year') }}
)

select * from final
