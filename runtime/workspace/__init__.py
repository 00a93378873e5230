"""What has been read and compiled, remembered by content."""
