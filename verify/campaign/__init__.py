"""A randomised campaign of correct gradients, and of the same made wrong: who is accused, and who gets away?"""
