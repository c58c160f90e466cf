-- A replication that quietly misses a printed number proves the opposite of its claim.
select
    category,
    country,
    null as measure
from {{ ref('stat_lki2016_stratum') }}
where
    most_candidates != 1
    or net_n + refusal_n + no_contact_n + other_n != gross_n
    or population_n not between population_low and population_high
    or round(weight, 1) != printed_weight
union all
select
    category,
    country,
    measure
from {{ ref('stat_lki2016_cell') }}
where recomputed is null or (verdict = 'differs' and remark is null)
