# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Let torchvision be imported beside the CPU build of PyTorch: two operators, which nobody calls here, have to be known by name."""

from __future__ import annotations

import importlib.abc
import sys
import typing as t


class Operators(importlib.abc.MetaPathFinder):
    """Defines them before torchvision is imported, and finds nothing itself."""

    def find_spec(self, fullname: str, path: t.Any = None, target: t.Any = None) -> None:
        if fullname == "torchvision":
            sys.meta_path.remove(self)
            import torch

            for operator in ("nms", "qnms"):
                torch.library.define(f"torchvision::{operator}", "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")


sys.meta_path.insert(0, Operators())
