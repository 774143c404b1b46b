"""RF-DARTS: DARTS on random features, so that operations cannot win by training faster.

Paper: Zhang, Li, Zhang, Wang and Sun, "Differentiable Architecture Search with Random Features"
(arXiv 2208.08835, CVPR 2023). On NAS-Bench-201, CIFAR-10: 94.36 is its best;
94.27 is quoted as well, but no source says of what.
Checked against: the abstract; no code of its authors is known, and the text could not be read.
Differs from the paper: unknown. What the abstract leaves open are settings: whether the classifier
is trained, how weights are drawn, whether BatchNorm's parameters decay.
"""

from methods.differentiable.random_features import RandomFeatures


class RfDarts(RandomFeatures):
    """DARTS, first order, in which BatchNorm's scale and shift are the only weights."""

    name = "rf-darts"
    version = "2"
