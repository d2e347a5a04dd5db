"""The statistics of outcome studies: pure functions of arrays. They read no file and no clock; chance comes from the
caller's generator.
"""
