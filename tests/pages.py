"""Pages read back: elements, attributes and text."""

from html.parser import HTMLParser


class Page(HTMLParser):
    """Every element and attribute of a page, and its text."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.text = [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text.append(data)
