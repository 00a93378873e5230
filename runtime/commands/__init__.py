"""What each command does: one file a command, nothing heavy at import."""
