"""``make new-study DATA=path``: a ready configuration for data of your own.

The data set is read by the very source that the study will use, so what the configuration says
of it is what the study will see, and what is wrong with the data is said before anything runs.
"""
