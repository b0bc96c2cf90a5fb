"""Trees in doubles: what every library's trees become, written as one `TreeEnsemble` of ai.onnx.ml 5."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .graph import ConversionError, Graph, Tensor

LEQ, LESS, GREATER, EQUAL, MEMBER = 0, 1, 3, 4, 6
"""The modes of a node, as the standard numbers them; the true branch is taken where x <= split, x < split …"""


@dataclass(frozen=True)
class Split:
    """A node of a tree; `yes` and `no` are the places of nodes in the same tree."""

    feature: int
    value: float
    yes: int
    no: int
    mode: int = LEQ
    missing: bool = False
    """Whether a row without the value takes the branch `yes`."""
    members: tuple[float, ...] = ()
    """The values that take the branch `yes`, of a `MEMBER`."""


@dataclass(frozen=True)
class Leaf:
    """The weight that a row gets, added to its target."""

    weight: float
    target: int = 0


@dataclass
class Trees:
    """An ensemble: each tree a list of nodes whose first is the root; leaves add up by target."""

    targets: int = 1
    trees: list[list[Split | Leaf]] = field(default_factory=list)

    def write(self, graph: Graph, value: Tensor) -> Tensor:
        """Return the sums of the leaves' weights, shape (n, targets), doubles."""
        if not self.trees:
            raise ConversionError("an ensemble has no tree")
        if value.dtype != np.float64:
            value = graph.cast(value, np.float64)
        return graph.result(
            graph.node("TreeEnsemble", value.name, domain="ai.onnx.ml", **self._attributes()), self.targets
        )

    def _attributes(self) -> dict[str, Any]:
        from onnx import TensorProto, helper, numpy_helper

        roots: list[int] = []
        splits: list[Split] = []
        leaves: list[Leaf] = []
        branches: list[tuple[int, int, int, int]] = []
        for tree in self.trees:
            # A tree that is one leaf is a node whose two branches lead there.
            single: list[Split | Leaf] = [Split(0, 0.0, 1, 1), tree[0]]
            nodes = single if isinstance(tree[0], Leaf) else tree
            place: dict[int, int] = {}
            first, last = len(splits), len(leaves)
            for number, node in enumerate(nodes):
                if isinstance(node, Leaf):
                    place[number] = last
                    last += 1
                    leaves.append(node)
                else:
                    place[number] = first
                    first += 1
                    splits.append(node)
            roots.append(place[0])
            leaf = [int(isinstance(node, Leaf)) for node in nodes]
            branches += [
                (place[node.yes], leaf[node.yes], place[node.no], leaf[node.no])
                for node in nodes
                if isinstance(node, Split)
            ]
        found = {
            "aggregate_function": 1,
            "post_transform": 0,
            "n_targets": self.targets,
            "tree_roots": roots,
            "nodes_featureids": [node.feature for node in splits],
            "nodes_splits": numpy_helper.from_array(np.array([node.value for node in splits], np.float64)),
            "nodes_modes": helper.make_tensor(
                "", TensorProto.UINT8, [len(splits)], [node.mode for node in splits]
            ),
            "nodes_truenodeids": [one[0] for one in branches],
            "nodes_trueleafs": [one[1] for one in branches],
            "nodes_falsenodeids": [one[2] for one in branches],
            "nodes_falseleafs": [one[3] for one in branches],
            "leaf_targetids": [leaf.target for leaf in leaves],
            "leaf_weights": numpy_helper.from_array(np.array([leaf.weight for leaf in leaves], np.float64)),
        }
        if any(node.missing for node in splits):
            found["nodes_missing_value_tracks_true"] = [int(node.missing) for node in splits]
        if any(node.mode == MEMBER for node in splits):
            listed = [(*node.members, np.nan) for node in splits if node.mode == MEMBER]
            found["membership_values"] = numpy_helper.from_array(np.concatenate(listed).astype(np.float64))
        return found
