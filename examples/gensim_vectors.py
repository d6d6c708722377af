"""Word vectors of gensim: random directions, neighbours and sums, exactly.

    pip install 'tokensphere[gensim]'
    python examples/gensim_vectors.py                    # the bundled model, as gensim's KeyedVectors
    python examples/gensim_vectors.py vectors.kv         # those that KeyedVectors.save wrote

Of a file in word2vec's, GloVe's or fastText's text or binary format gensim is not needed:
``tokensphere random -m vectors.txt``.
"""

import sys

import tokensphere as ts


def main() -> None:
    """Show random directions, and that a sum has gensim's own neighbours."""
    if sys.argv[1:]:
        from gensim.models import KeyedVectors

        vectors = KeyedVectors.load(sys.argv[1])  # a pickle: only of people whom you trust
    else:
        vectors = ts.load().to_gensim()
    space = ts.from_gensim(vectors)
    print(ts.nearest(space, ts.RandomDirections(space.shape[1], 3)))
    words = [word for word in (" king", " woman", " man") if word in vectors]
    if len(words) == 3:
        added, taken = words[:2], words[2:]
        ours = ts.nearest(space, positive=added, negative=taken)
        print("\nking + woman − man:", *ours.tokens())
        print("by gensim:         ", *(key for key, _ in vectors.most_similar(added, taken)))


if __name__ == "__main__":
    main()
