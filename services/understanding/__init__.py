"""What people's words tell beside what they say: moods (AI-11), problem types and priorities learned from corrections
(AI-6, RTE-3)."""
