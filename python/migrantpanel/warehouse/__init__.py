"""Build the two database files with dbt, publish them in one step, and say what is in them."""

from migrantpanel.warehouse.build import Build, build
from migrantpanel.warehouse.digest import digest
from migrantpanel.warehouse.publish import publish
from migrantpanel.warehouse.published import open_published

__all__ = ["Build", "build", "digest", "open_published", "publish"]
