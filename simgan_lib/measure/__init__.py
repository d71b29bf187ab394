"""How one knows: estimators, rivals, errors, ablations, judges, and what was measured."""
