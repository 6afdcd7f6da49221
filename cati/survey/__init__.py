"""The rules of a survey: no clock, no disk, no database, no window; time and randomness are arguments."""
