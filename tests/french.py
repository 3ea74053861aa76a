"""Whether a French page has English in it: by words that French has not, outside code, ids and file names."""

import html
import re

FUNCTION_WORDS = """the of with is are was were days and from for than not this that these those which by
at least most its their has have been be to in into it as each other them who whose no any all but both only
where when less more below above before after never every rows customers customer churned stayed last first
left held learned trained there one two none unknown asked found mean share risk value known"""
# No English here: French says so too, or it is a figure's own name.
FRENCH = {"as", "no", "in", "all", "one"}
ENGLISH = re.compile(
    rf"(?<![\w./-])({'|'.join(set(FUNCTION_WORDS.split()) - FRENCH)})(?![\w/-]|\.\w)", re.IGNORECASE
)
NOT_SAID = re.compile(r"<(style|code|script)\b.*?</\1>|<svg.*?>|</?[^>]*>", re.DOTALL)


def english_in(page):
    """(word, what stands around it) of every English word that a reader of the page meets, or hears."""
    heard = re.findall(r'aria-label="([^"]*)"', page)
    text = html.unescape(" ".join([NOT_SAID.sub(" ", page), *heard]))
    return [
        (found[0], " ".join(text[max(found.start() - 40, 0) : found.end() + 40].split()))
        for found in ENGLISH.finditer(text)
    ]
