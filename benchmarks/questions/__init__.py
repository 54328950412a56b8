"""Question sets with gold SQL: sixty over the sample company, also renamed, the business questions, a second set."""
