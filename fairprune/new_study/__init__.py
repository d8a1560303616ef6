"""``make new-study DATA=path``: a ready configuration for data of your own.

The data set is read by the same source that the study will use. The configuration therefore
describes what the study will see, and problems with the data are reported before anything runs.
"""
