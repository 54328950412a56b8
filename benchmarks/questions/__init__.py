"""Question sets with gold SQL: sixty over the sample company, as it is and renamed, and the business questions."""
