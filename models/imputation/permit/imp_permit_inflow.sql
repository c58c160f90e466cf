with {{ imputed_permit() }},

final as (
    select permit.*
    from permit
    semi join {{ ref('permit_status') }} as permit_status
        on
            permit.permit_status_code = permit_status.status_code
            and permit_status.in_inflow
)

select * from final
