with final as (
    select
        {% for column in contract_columns('mart_person_year') %}
        {{ column }}{{ "," if not loop.last }}
        {% endfor %}
    from {{ ref('panel_person_year') }}
)

select * from final
