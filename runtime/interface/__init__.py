"""What is said to users, and what they pass."""
