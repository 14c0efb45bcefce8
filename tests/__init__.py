"""The tests. A package of its own, for some distributions bring one of that name along."""
