with final as (
    select
    {% for column in model.columns %}
        permit.{{ column }}{{ "," if not loop.last }}
    {% endfor %}
    from {{ ref('imp_permit') }} as permit
    semi join {{ ref('permit_status') }} as permit_status
        on
            permit.permit_status_code = permit_status.status_code
            and permit_status.in_inflow
)

select * from final
