"""Worked examples of the published tables: small enough to redo by hand, shown in docs/metrics.md, executed.

How to add one: write `EXAMPLES = (Example(...), ...)` in a module of this folder (or in the family's own
module) and name it in the family, `Family(..., examples=EXAMPLES)`. Then `python -m transforms.definitions >
docs/metrics.md`: the page shows each example under the first table it expects rows of, and
tests/transforms/test_worked_examples.py reads the blocks of the page and runs them through the family's
`compute`. See `form.Example` for what a cell may hold, `examples/volume.py` for one to copy.
A family whose examples stand on a page of their own names it instead, `Family(..., examples_page="...")`.
"""
