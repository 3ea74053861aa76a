"""Pages read back, and texts that would be markup if a page let them."""

from html.parser import HTMLParser

PAYLOADS = [
    "<script>alert(1)</script>", "</script><script>alert(1)</script>", "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)>", "\"><b onmouseover='alert(1)'>", "' onfocus=alert(1) autofocus='",
    "<!--", "--><script>alert(1)</script>", "<![CDATA[<script>]]>", "<style>*{display:none}</style>",
    "</style><script>alert(1)</script>", "<iframe src=javascript:alert(1)>",
    "<a href='javascript:alert(1)'>x</a>",
    "<base href=//evil.example>", "<meta http-equiv=refresh content=0>", "<object data=x>", "<form action=x>",
    "&lt;script&gt;alert(1)&lt;/script&gt;", "{{ 7 * 7 }}", "{% raw %}", "{0}", "{evil}", "{__class__}",
    "%(evil)s", "${env:HOME}", '=HYPERLINK("x")', "$\\frac{1}{", "\x00\x1b[2J", "line\nbreak", "\u202eevil",
    "</title><script>alert(1)</script>", "<math><mtext></mtext></math>", "x" * 5_000, "<x" * 500,
]  # fmt: skip


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
