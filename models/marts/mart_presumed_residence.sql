with final as (
    select
    {% for column in model.columns %}
        {{ column }}{{ "," if not loop.last }}
    {% endfor %}
    from {{ ref('panel_presumed_residence') }}
)

select * from final
