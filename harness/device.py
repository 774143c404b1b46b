"""Which device a search computes on."""

import re

from benchmarks.errors import UserError


def check(text: str) -> None:
    """Raise the user's error unless `text` names a device that is here."""
    if not re.fullmatch(r"auto|cpu|cuda(:\d+)?", text):
        raise UserError(f"Unknown device '{text}'. Give auto, cpu, cuda or cuda:N.")
    if not text.startswith("cuda"):
        return
    import torch

    cards = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if cards == 0:
        raise UserError(
            f"--device {text}: torch finds no CUDA device here. "
            "Use --device cpu, or check the driver with nvidia-smi."
        )
    _, _, index = text.partition(":")
    if index and int(index) >= cards:
        raise UserError(f"--device {text}: there are {cards} CUDA devices, numbered from 0.")


def kind(text: str) -> str:
    """'cpu' or 'cuda', what is part of a trial's identity; `auto` is CUDA where there is one."""
    if text == "auto":
        import torch

        return "cuda" if torch.cuda.is_available() else "cpu"
    return text.partition(":")[0]
