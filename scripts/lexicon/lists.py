"""The closed lists: from WordNet's hyponyms, from compromise's lists, and a few compiled by hand."""

from __future__ import annotations

from dataclasses import dataclass

HAND = "compiled by hand"


@dataclass(frozen=True)
class WordList:
    """A list: its name, its words in plain English, and where its members come from.

    Attributes
    ----------
    synsets : sense keys of WordNet; members are words one of whose main senses lies under one of them
    tags : tags of compromise's lexicon; members are its single words, as names with a capital
    members : words as they are written, compiled by hand
    without : sense keys of what lies under `synsets` and is left out
    excluded : words that the sources put there and readers would not, found by inspection
    """

    name: str
    words: str
    synsets: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    members: str = ""
    without: tuple[str, ...] = ()
    excluded: str = ""

    @property
    def source(self) -> str:
        """Where the members come from."""
        named = [(self.synsets, "WordNet 3.1"), (self.tags, "compromise 14.17.0"), (self.members, HAND)]
        return ", ".join(source for found, source in named if found)


def _under(name: str, words: str, *synsets: str, excluded: str = "") -> WordList:
    return WordList(name, words, synsets=tuple(f"{key}::" for key in synsets), excluded=excluded)


_UNITS = (
    "linear", "mass", "volume", "area", "electromagnetic", "computer_memory", "temperature", "work",
    "power", "pressure",
)  # fmt: skip

LISTS = (
    WordList(
        "weekday", "days of the week", tags=("WeekDay",),
        members="Mon Tue Tues Wed Thu Thur Thurs Fri Sat",
    ),
    WordList(
        "month", "months",
        members="January February March April May June July August September October November December"
        " Jan Feb Mar Apr Jun Jul Aug Sep Sept Oct Nov Dec",
    ),
    WordList(
        "season", "seasons of the year",
        members="spring summer autumn winter springtime summertime",
    ),
    WordList(
        "cardinal", "number words", tags=("Cardinal",),
        members="hundred thousand million billion trillion hundreds thousands millions billions"
        " trillions dozen dozens",
    ),
    WordList("ordinal", "ordinal numbers", tags=("Ordinal",), members="hundredth thousandth millionth"),
    WordList(
        "title", "titles before names",
        members="Mr Mrs Ms Dr Prof Sir Lord Lady Capt Lt Sgt Gen Rev Hon Col Miss Madam Professor",
    ),
    WordList(
        "greek", "names of Greek letters",
        members="alpha beta gamma delta epsilon zeta eta theta iota kappa lambda omicron rho sigma tau"
        " upsilon phi chi psi omega",
    ),
    WordList("country", "countries", tags=("Country",)),
    WordList(
        "nationality", "nationalities and peoples", tags=("Demonym",), excluded="Hindi",
        members="American British French German English Spanish Italian Chinese Japanese Dutch Irish"
        " Scottish Welsh Polish Swedish Danish Turkish Greek Canadian Australian Mexican Indian"
        " Portuguese Finnish Swiss Belgian Austrian",
    ),
    WordList("city", "cities", tags=("City",)),
    _under("us-state", "states of the USA", "american_state%1:15:00"),
    _under("language", "languages", "natural_language%1:10:00", excluded="Min"),
    WordList("female-name", "first names of women", tags=("FemaleName",)),
    WordList("male-name", "first names of men", tags=("MaleName",)),
    WordList("surname", "surnames and names of well-known people", tags=("LastName",)),
    _under("chemical-element", "chemical elements", "chemical_element%1:27:00",
           excluded="graphite diamond diamonds metal metals charcoal soot char chars chrome"),
    WordList(
        "unit", "units of measurement",
        synsets=tuple(f"{unit}_unit%1:23:00::" for unit in _UNITS),
        members="second seconds minute minutes hour hours day days week weeks month months year years"
        " decade decades century centuries millisecond milliseconds nanosecond nanoseconds",
    ),
    _under("currency", "units of money", "monetary_unit%1:23:00",
           excluded="austral asper mongo subunit"),
    WordList(
        "colour", "colours",
        members="red orange yellow green blue purple violet indigo pink brown black white grey gray cyan"
        " magenta turquoise teal beige crimson scarlet maroon lavender mauve navy olive ivory amber gold"
        " golden silver bronze tan khaki lilac azure ochre reddish bluish greenish yellowish brownish"
        " whitish blackish",
    ),
    _under("family", "members of a family", "relative%1:18:00"),
    _under("body-part", "parts of the body", "body_part%1:08:00"),
    _under("bird", "birds", "bird%1:05:00"),
    _under("fish", "fish", "fish%1:05:00",
           excluded="dolphin dolphins argentine britt"),
    _under("mammal", "mammals", "mammal%1:05:00",
           excluded="das dun charger genet humankind"),
    _under("insect", "insects", "insect%1:05:00",
           excluded="queen queens"),
    _under("tree", "trees", "tree%1:20:00"),
    _under("fruit", "fruits", "edible_fruit%1:13:00"),
    _under("vegetable", "vegetables", "vegetable%1:13:00"),
    _under("drink", "drinks", "beverage%1:13:00",
           excluded="perry generic herbal"),
    _under("clothing", "clothes", "clothing%1:06:00",
           excluded="turtle turtles weeds hoses"),
    _under("furniture", "furniture", "furniture%1:06:00"),
    _under("building", "buildings", "building%1:06:00"),
    _under("vehicle", "vehicles", "vehicle%1:06:00"),
    _under("weapon", "weapons", "weapon%1:06:00"),
    _under("instrument", "musical instruments", "musical_instrument%1:06:00"),
    _under("sport", "sports", "sport%1:04:00"),
    _under("disease", "diseases", "disease%1:26:00",
           excluded="gall pip pest pests"),
    _under("drug", "drugs and medicines, alcohol and tobacco too", "drug%1:06:00",
           excluded="perry max physic generic"),
    _under("emotion", "emotions", "emotion%1:12:00",
           excluded="pall"),
    _under("religion", "religions", "religion%1:09:00", "religion%1:14:00"),
    _under("river", "rivers", "river%1:17:00", excluded="Red"),
    WordList(
        "discipline", "fields of study", synsets=("discipline%1:09:00::",),
        without=("persona%1:09:00::", "acting%1:04:00::", "sculpture%1:04:00::"),
    ),
    _under("scientist", "scientists", "scientist%1:18:00"),
    _under("musician", "musicians", "musician%1:18:01", "musician%1:18:00",
           excluded="adapter"),
    _under("writer", "writers", "writer%1:18:00",
           excluded="compiler"),
    WordList(
        "god", "gods", synsets=("deity%1:18:00::",), without=("saint%1:18:00::", "saint%1:18:03::")
    ),
)  # fmt: skip
