"""Where SQL runs. `base` has the words, `sandbox` the default engine."""
