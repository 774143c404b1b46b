"""PC-DARTS: search on a part of the channels, so that a batch may be larger, and weight the edges.

Paper: Xu, Xie, Zhang, Chen, Qi, Tian and Xiong, "PC-DARTS: Partial Channel Connections for
Memory-Efficient Architecture Search", ICLR 2020. On NAS-Bench-201 it has no code of its authors;
DrNAS (Chen, Wang, Cheng, Tang and Hsieh, ICLR 2021, table 3) quotes 93.41 +/- 0.30 on CIFAR-10.
Checked against: PC-DARTS @ b74702f, model_search.py and train_search.py (its DARTS space);
DrNAS @ f2caa4d, 201-space/search_cells.py (partial channels on NAS-Bench-201, without beta).
Differs from that code: on NAS-Bench-201 beta has one softmax for each of nodes 1, 2 and 3; alpha
waits for a share of the epochs, 15 of 50, and not for a number of them.
"""

from methods.differentiable.partial_channels import PartialChannels


class PcDarts(PartialChannels):
    """DARTS, first order, with partial channels and edge normalisation; alpha waits."""

    name = "pc-darts"
    version = "2"
