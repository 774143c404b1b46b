"""DARTS, first order: alpha follows the validation loss at the weights as they are.

Paper: Liu, Simonyan and Yang, "DARTS: Differentiable Architecture Search", ICLR 2019. In
NAS-Bench-201 (Dong and Yang, ICLR 2020, table 5, three searches on CIFAR-10): 54.30 / 15.61 / 16.32
test accuracy on CIFAR-10 / CIFAR-100 / ImageNet16-120, the cell in which every edge is a skip.
Checked against: AutoDL-Projects @ f46486e, exps/NAS-Bench-201-algos/DARTS-V1.py.
Differs from that code: the norm at which the weights' gradient is clipped leaves out alpha's stale
gradient; alpha's batches show every image once a pass (`--set alpha_batch=
random_valid_index_per_train_index` draws them as that code does).
"""

from methods.differentiable.method import BilevelMethod


class FirstOrderDarts(BilevelMethod):
    """DARTS, first order: one gradient step of the weights, one of alpha."""

    name = "darts-1st"
    version = "1"
