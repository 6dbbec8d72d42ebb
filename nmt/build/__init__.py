"""Makes model bundles: training, export, quantisation. Never imported at run time."""
