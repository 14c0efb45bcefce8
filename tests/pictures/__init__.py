"""The pictures of docs/questions.md: its SQL, asked of a running demo, and drawn."""
