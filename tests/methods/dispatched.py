"""What torch really computes."""

from typing import Any

from torch.utils._python_dispatch import TorchDispatchMode


class Convolutions(TorchDispatchMode):
    """Counts convolutions, and those of their gradients that are a weight's, while it is active."""

    forward = 0
    backward = 0
    of_weights = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func.overloadpacket._qualified_op_name == "aten::convolution":
            self.forward += 1
        elif func.overloadpacket._qualified_op_name == "aten::convolution_backward":
            self.backward += 1
            self.of_weights += args[-1][1]  # which gradients are asked for: input, weight, bias
        return func(*args, **(kwargs or {}))
