"""The sample company: a generator of ten related tables whose dates move with the clock."""
