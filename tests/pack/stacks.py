# SPDX-License-Identifier: Apache-2.0
"""Random stacks by their seed, and the reference's word on a stack."""
import random

import apply
import generate


def applied(layers):
    """The reference's tree, and why it refuses the last layer."""
    tree = apply.Tree()
    for entries in layers:
        try:
            tree.apply(entries)
        except apply.Refused as why:
            return tree, str(why)
    return tree, None


def random_stack(seed):
    r = random.Random(seed)
    tree, layers = apply.Tree(), []
    for _ in range(r.choice([1, 2, 2, 3, 4, 5])):
        layers.append(generate.layer(r, tree, apply.Refused))
        try:
            tree.apply(layers[-1])
        except apply.Refused:
            break
    return layers
