"""The definitions in PyTorch: forward only, under the names of `manual`. Derivatives come from autograd.

Examples are columns here too. Nothing restates the notes' algebra: where torch.nn.functional has the thing, it is used.
Inputs keep their dtype.
"""
