"""Where the figures of the documentation come from; peers are measured in the same run."""
