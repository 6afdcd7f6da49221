"""The demonstration: invented people, simulated interviewers, a whole study in two minutes."""
