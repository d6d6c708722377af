"""Is a direction more than chance?"""
