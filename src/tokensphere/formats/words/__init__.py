"""Word vectors: the text and binary files of word2vec and GloVe, as they are or compressed.

A text file has one word a line, then its numbers; word2vec (and fastText) begins with a line that says
how many words and dimensions there are, GloVe does not. That line is believed: the last d fields are
the numbers, and what stands before them is the word, be there spaces or numbers in it. A binary file has
that line too, then for each word its bytes, a space, its numbers as float32 and perhaps a line break.

Files are read in blocks, so that little more than the vectors is ever in memory. Words are kept byte
for byte, be they valid UTF-8 or not, and in their order, be they unique or not.
"""
