"""Search methods, by name."""

from benchmarks.registry import Registry
from methods.method import Method

METHODS: Registry[type[Method]] = Registry(
    "method",
    {
        "darts-1st": "methods.darts:FirstOrderDarts",
        "darts-2nd": "methods.darts:SecondOrderDarts",
        "pc-darts": "methods.pc_darts:PcDarts",
        "rf-darts": "methods.rf_darts:RfDarts",
        "rf-pcdarts": "methods.rf_pcdarts:RfPcDarts",
        "asap": "methods.asap:Asap",
        "random-search": "methods.random_search:RandomSearch",
        "random-ws": "methods.random_weight_sharing:RandomWeightSharing",
        "random": "methods.random_architecture:RandomArchitecture",
    },
)

ALL = (
    "darts-1st",
    "darts-2nd",
    "pc-darts",
    "rf-darts",
    "rf-pcdarts",
    "asap",
    "random-search",
)
"""What `--methods all` means, as far as it is registered; baselines are asked for by name."""
