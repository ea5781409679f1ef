"""The audit trail: who opened, changed, signed, exported, sent, received and queried what, and when.

Every record holds the hash of the one before it, so that a changed or missing record shows. The end of the chain is
anchored outside the database, so that cutting records off its end shows too.
"""
