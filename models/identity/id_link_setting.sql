-- Python models cannot read variables of the project: they read them here.
with final as (
    select
        cast('{{ linkage_passes() | join(",") }}' as string) as linkage_passes,
        cast('{{ linkage_fields() }}' as string) as linkage_fields,
        cast({{ var('linkage_precision')[linkage_fields()] }} as double)
            as linkage_precision
)

select * from final
