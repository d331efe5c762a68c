"""PromQL that panels have in common."""

from __future__ import annotations


def told(figure: str, *, by: str = "") -> str:
    """A figure that several processes tell alike, such as two archive workers: once, and not added up.

    Args:
        figure: a metric, its rate or its increase.
        by: the labels that are kept, by commas.
    """
    kept = f" by ({by})" if by else ""
    return f"sum{kept} (max without (instance) ({figure}))"


def counted(metric: str, span: str, *, by: str = "", where: str = "") -> str:
    """How much a counter grew within a span of time, of a counter that several processes tell alike."""
    return told(f"increase({metric}{{{where}}}[{span}])" if where else f"increase({metric}[{span}])", by=by)


def ordered(result: str, span: str) -> str:
    """How many orders had this result within a span of time, by lever, over all processes that count them."""
    return f'sum by (lever) (increase(seamless_orders_total{{result="{result}"}}[{span}]))'


def quantile(share: float, histogram: str, span: str, *, by: str = "") -> str:
    """What a share of the observations of a span did not exceed, over all processes that observe."""
    kept = f"{by}, le" if by else "le"
    return f"histogram_quantile({share}, sum by ({kept}) (rate({histogram}_bucket[{span}])))"


FIRING = (
    "max by (alertname, severity, agency, procedure, process, reason, topic, instance) "
    '(ALERTS{alertstate="firing", alertname=~"Seamless.*"})'
)
"""Our alerts that fire now, with the labels that say about what."""

URGENT = 'ALERTS{alertstate="firing", alertname=~"Seamless.*", severity!="info"}'
"""Those of them for which somebody has to act."""
