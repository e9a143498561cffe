"""The commands of `tongguan`, one module each."""
