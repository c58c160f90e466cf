"""The documentation site: overview, tables, checks, methods and lineage, all offline."""
