with

manifest as (
    select
        root,
        path,
        kind,
        stem,
        file_year,
        status,
        rows_delivered,
        rows_landed,
        rows_quarantined
    from {{ source('landing', 'manifest') }}
),

final as (
    select
        cast(root as string) as source_root,
        cast(path as string) as source_path,
        cast(kind as string) as kind,
        cast(stem as string) as stem,
        cast(file_year as int) as file_year,
        cast(status as string) as status,
        cast(rows_delivered as bigint) as delivered_row_count,
        cast(rows_landed as bigint) as landed_row_count,
        cast(rows_quarantined as bigint) as quarantined_row_count
    from manifest
)

select * from final
