with final as (
    select * from {{ ref('panel_presumed_residence') }}
)

select * from final
