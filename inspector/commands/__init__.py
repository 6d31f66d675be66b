"""Sub-commands of the core. These modules import nothing heavy at the top: they are loaded for every `--help`."""
