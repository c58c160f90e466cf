"""The documentation site: overview, tables, harmonised layer, methods, lineage, all offline."""

from pathlib import Path

from migrantpanel.site import (
    agreement,
    comparability,
    counts,
    imputation,
    lineage,
    linkage,
    methods,
    overview,
    pilots,
    simulated,
    trends,
    weighting,
)
from migrantpanel.site.harmonised import read_words
from migrantpanel.warehouse.published import open_published


def build_site(project: Path, warehouse: Path, landing: Path, site: Path) -> None:
    """Write the site of a published warehouse into `site`; `site/index.html` is its first page.

    Reads the warehouse read-only and leaves `site/quality/`, which the landing's check writes.
    Raises UserError where the warehouse is absent, unreadable or open for writing.
    """
    open_published(warehouse).close()
    site.mkdir(parents=True, exist_ok=True)
    manifest = lineage.write_lineage(project, warehouse, landing, site)
    tables = counts.count_marts(warehouse, manifest)
    words, is_simulated = read_words(warehouse), overview.built_from_simulation(landing)
    figures = pilots.pilot_figures(project, warehouse, words)
    methods.write_methods(project / "docs", site, figures)
    counts.write_tables(tables, manifest, site)
    for write in (
        comparability.write_comparability,
        trends.write_trends,
        agreement.write_agreement,
        linkage.write_linkage,
        weighting.write_weights,
        weighting.write_nonresponse,
        weighting.write_replication,
        imputation.write_imputation,
    ):
        write(warehouse, words, is_simulated, site)
    simulated.write_simulated(project, landing, site)
    weighting.write_coverage(project, site)
    overview.write_overview(project, landing, manifest, tables, site)
