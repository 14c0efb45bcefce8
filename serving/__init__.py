"""What every long-running process of the pipeline shares; it knows none of them."""
