"""The OpenAPI document as one page for people: no script, nothing fetched, made once."""

import base64
import hashlib
import json
from collections.abc import Iterator, Mapping
from html import escape
from http import HTTPStatus
from typing import Any, Final

import msgspec

from adapters.http.pages import Page

_STYLE: Final = """
:root{color-scheme:light dark;--page:#fff;--ink:#1b2430;--soft:#556070;--line:#c9d0da;--box:#f1f3f6;
--link:#1f5fbf;--get:#1d5a9e;--post:#17663a;--put:#7a4a00;--delete:#a1201c}
@media(prefers-color-scheme:dark){:root{--page:#12161c;--ink:#e6eaf0;--soft:#a7b1bf;--line:#39424f;
--box:#1e252f;--link:#8ab8ff;--get:#9cc5ff;--post:#8fdcae;--put:#ffcf7d;--delete:#ffaea8}}
*{box-sizing:border-box}
html{font:100%/1.55 system-ui,"Segoe UI",Roboto,"Noto Sans",sans-serif;background:var(--page);
color:var(--ink)}
body{margin:0 auto;max-width:60rem;padding:1rem;overflow-wrap:anywhere}
a{color:var(--link)}
:focus-visible{outline:3px solid #b3540a;outline-offset:2px}
h2{margin-top:2.5rem;border-bottom:1px solid var(--line)}
code,pre{font:.92em ui-monospace,"DejaVu Sans Mono",Consolas,monospace}
pre{padding:.7rem .9rem;overflow-x:auto;overflow-wrap:normal;background:var(--box);
border-radius:.4rem}
details{margin:.6rem 0;border:1px solid var(--line);border-radius:.5rem}
summary{padding:.6rem .9rem;cursor:pointer}
details>div{padding:0 .9rem .9rem}
.method{font-weight:700;text-transform:uppercase}
.get{color:var(--get)}.post{color:var(--post)}.put,.patch{color:var(--put)}
.delete{color:var(--delete)}
.soft{color:var(--soft)}
.wide{overflow-x:auto}
table{border-collapse:collapse;width:100%;overflow-wrap:normal}
th,td{padding:.3rem .7rem;border:1px solid var(--line);text-align:left;vertical-align:top}
ul.index{columns:18rem;padding-left:1.2rem}
"""
_HASH: Final = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest())
_POLICY: Final = (
    b"default-src 'none'; style-src 'sha256-%b'; img-src data:; base-uri 'none'; "
    b"form-action 'none'; frame-ancestors 'none'" % _HASH
)
_REFERENCE: Final = "#/components/schemas/"


def page(document: bytes, address: str) -> Page:
    """The page of an OpenAPI document that is served at `address`."""
    text = "\n".join(_lines(msgspec.json.decode(document), address))
    return Page(text.encode(), b"text/html; charset=utf-8", policy=_POLICY)


def _lines(api: Mapping[str, Any], address: str) -> Iterator[str]:
    title = escape(api["info"]["title"])
    yield '<!doctype html><html lang="en"><head><meta charset="utf-8">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield f"<title>{title}</title><link rel='icon' href='data:,'><style>{_STYLE}</style></head>"
    yield f"<body><main><h1>{title}</h1>"
    yield from (f"<p>{_words(part)}</p>" for part in api["info"]["description"].split("\n\n"))
    yield f'<p>As a file: <a href="{address}"><code>{address}</code></a></p>'
    groups = _by_tag(api)
    yield '<nav aria-label="Operations"><ul class="index">'
    for _, path, method, operation in groups:
        name = operation["operationId"]
        yield f'<li><a href="#{name}">{escape(operation["summary"])}</a> '
        yield f'<span class="soft">{method.upper()} {escape(path)}</span></li>'
    yield "</ul></nav>"
    tag = None
    for group, path, method, operation in groups:
        if group != tag:
            tag = group
            yield f"<h2>{escape(group)}</h2>"
        yield from _operation(api, path, method, operation)
    yield "<h2>Schemas</h2>"
    for name, schema in sorted(api["components"]["schemas"].items()):
        yield f'<h3 id="schema-{name}">{name}</h3>'
        yield from _schema(schema)
    yield "</main></body></html>"


def _by_tag(api: Mapping[str, Any]) -> list[tuple[str, str, str, dict[str, Any]]]:
    """(tag, path, method, operation), the operations of a tag together."""
    found = [
        (operation.get("tags", [""])[0], path, method, operation)
        for path, methods in api["paths"].items()
        for method, operation in methods.items()
    ]
    return sorted(found, key=lambda one: one[:3])


def _operation(
    api: Mapping[str, Any], path: str, method: str, operation: Mapping[str, Any]
) -> Iterator[str]:
    name = operation["operationId"]
    yield f'<details open id="{name}"><summary><span class="method {method}">{method}</span> '
    yield f"<code>{escape(path)}</code> {escape(operation['summary'])} "
    yield f'<span class="soft">{name}</span></summary><div>'
    if "description" in operation:
        yield f"<p>{_words(operation['description'])}</p>"
    yield f'<p class="soft">Needs: {_needs(api, operation.get("security", []))}</p>'
    yield from _parameters(operation.get("parameters", []))
    for kind, content in operation.get("requestBody", {}).get("content", {}).items():
        yield f"<p>Body, <code>{escape(kind)}</code>: {_type(content['schema'])}</p>"
        yield from map(_json, examples_of(api, content["schema"]))
    yield '<div class="wide"><table><thead><tr><th scope="col">Status</th>'
    yield '<th scope="col">When</th><th scope="col">Body</th></tr></thead><tbody>'
    for status, reply in sorted(operation["responses"].items()):
        bodies = [_type(one["schema"]) for one in reply.get("content", {}).values()]
        phrase = HTTPStatus(int(status)).phrase
        yield f'<tr><th scope="row">{status} <span class="soft">{phrase}</span></th>'
        yield f"<td>{_words(reply.get('description', ''))}{_headers(reply)}</td>"
        yield f"<td>{', '.join(bodies) or '–'}</td></tr>"
    yield "</tbody></table></div></div></details>"


def _needs(api: Mapping[str, Any], ways: list[dict[str, list[str]]]) -> str:
    """What a caller proves themselves with: every scheme of one of the ways."""
    known = api["components"].get("securitySchemes", {})
    said = [
        ", ".join(_scheme(known[name], roles) for name, roles in way.items()) or "nothing"
        for way in ways
    ]
    return " or ".join(said) or "nothing"


def _scheme(scheme: Mapping[str, str], roles: list[str]) -> str:
    if scheme["type"] == "http":
        held = f" with the role {' or '.join(map(escape, roles))}" if roles else ""
        return f"a {scheme['scheme']} token{held}"
    return f"{scheme['in']} <code>{escape(scheme['name'])}</code>"


def _headers(reply: Mapping[str, Any]) -> str:
    lines = [
        f"<br><code>{escape(name)}</code>: {_words(header.get('description', ''))}"
        for name, header in reply.get("headers", {}).items()
    ]
    return "".join(lines)


def _parameters(parameters: list[dict[str, Any]]) -> Iterator[str]:
    if parameters:
        yield "<ul>"
        for one in parameters:
            wanted = "" if one.get("required") else ", optional"
            yield f"<li><code>{escape(one['name'])}</code> ({one['in']}{wanted}): "
            yield f"{_type(one['schema'])} {_words(one.get('description', ''))}</li>"
        yield "</ul>"


def _schema(schema: Mapping[str, Any]) -> Iterator[str]:
    if "description" in schema:
        yield f"<p>{_words(schema['description'])}</p>"
    if "properties" not in schema:
        yield f"<p>{_type(schema)}</p>"
        return
    wanted = schema.get("required", [])
    yield '<div class="wide"><table><thead><tr><th scope="col">Field</th>'
    yield '<th scope="col">Type</th></tr></thead><tbody>'
    for name, inner in schema["properties"].items():
        optional = "" if name in wanted else ' <span class="soft">optional</span>'
        said = _words(inner.get("description", ""))
        yield f"<tr><th scope='row'><code>{escape(name)}</code>{optional}</th>"
        yield f"<td>{_type(inner)} {said}</td></tr>"
    yield "</tbody></table></div>"


def _type(schema: Mapping[str, Any]) -> str:
    """A schema in a few words, with links to those that have a name."""
    match schema:
        case {"$ref": str(reference)}:
            name = reference.removeprefix(_REFERENCE)
            return f'<a href="#schema-{name}">{name}</a>'
        case {"allOf": [only]}:
            return _type(only)
        case {"oneOf": list(kinds)} | {"anyOf": list(kinds)}:
            return " or ".join(map(_type, kinds))
        case {"const": value}:
            return f"<code>{escape(json.dumps(value))}</code>"
        case {"enum": list(values)}:
            return " or ".join(f"<code>{escape(json.dumps(value))}</code>" for value in values)
        case {"type": "array", "items": items}:
            return f"array of {_type(items)}"
        case {"type": "object", "additionalProperties": dict(inner)} if inner:
            return f"object of {_type(inner)}"
        case {"type": kind}:
            return escape(kind) + _bounds(schema)
        case _:
            return "any JSON"


def _bounds(schema: Mapping[str, Any]) -> str:
    names = ("format", "pattern", "minimum", "maximum", "minLength", "maxLength", "maxItems")
    said = [f"{name} {schema[name]}" for name in names if name in schema]
    return f' <span class="soft">({escape(", ".join(said))})</span>' if said else ""


def examples_of(api: Mapping[str, Any], schema: Mapping[str, Any]) -> list[Any]:
    """The examples of a body, each once: its own, and those of the schema it refers to."""
    found = list(schema.get("examples", []))
    for part in (schema, *schema.get("allOf", [])):
        if "$ref" in part:
            name = part["$ref"].removeprefix(_REFERENCE)
            found += api["components"]["schemas"][name].get("examples", [])
    return [one for place, one in enumerate(found) if one not in found[:place]]


def _json(value: Any) -> str:
    text = json.dumps(value, indent=2, ensure_ascii=False)
    return f'<pre tabindex="0"><code>{escape(text)}</code></pre>'


def _words(text: str) -> str:
    """Text with `code` in it."""
    parts = escape(text).split("`")
    return "".join(f"<code>{part}</code>" if i % 2 else part for i, part in enumerate(parts))
