"""The reports there are; a new one is its file, its query and its line here."""

from typing import Any, Final

from segment.reports.abc import ABC
from segment.reports.brand_loyalty import BRAND_LOYALTY
from segment.reports.lifecycle import LIFECYCLE
from segment.reports.pyramid import PYRAMID
from segment.reports.report import Definition
from segment.reports.rfm import RFM
from segment.reports.svcd import SVCD

REPORTS: Final[tuple[Definition[Any], ...]] = (PYRAMID, RFM, ABC, SVCD, LIFECYCLE, BRAND_LOYALTY)
