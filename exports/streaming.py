"""Lays out blocks of HTML and writes them as one tagged PDF, PDF/A-3a and PDF/UA-1 at once."""

import io
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import IO, Any

from markupsafe import Markup
from weasyprint import CSS, HTML, Attachment
from weasyprint.document import Document as Layout
from weasyprint.pdf.metadata import DocumentMetadata
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse


class Nothing(URLFetcher):  # type: ignore[misc]
    """Fetches nothing: an address in a report is an attack, so it ends the rendering."""

    def fetch(self, url: str, headers: Any = None) -> URLFetcherResponse:  # noqa: ARG002
        raise FatalURLFetchingError


NOTHING = Nothing(allowed_protocols=frozenset(), allow_redirects=False, fail_on_errors=True)


@dataclass(frozen=True, slots=True)
class Head:
    """What the PDF says about itself. `moment` is both its creation and modification time."""

    title: str
    author: str
    language: str
    moment: datetime
    style: str
    attachment: bytes = b""


class Metadata(DocumentMetadata):  # type: ignore[misc]
    """XMP that names both standards; WeasyPrint by itself can name one."""

    def generate_rdf_metadata(self, variant: str, version: int, conformance: str) -> bytes:
        rdf: bytes = super().generate_rdf_metadata(variant, version, conformance)
        return rdf.replace(_RDF_END, _UA_SCHEMA.encode() + _RDF_END)


_RDF_END = b"</rdf:RDF>"
#: PDF/UA-1 identification, and its description as PDF/A asks for any schema it does not know.
_UA_SCHEMA = """\
<rdf:Description rdf:about="" xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/"
 pdfuaid:part="1"/>
<rdf:Description rdf:about=""
 xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/"
 xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#"
 xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#">
<pdfaExtension:schemas><rdf:Bag><rdf:li rdf:parseType="Resource">
<pdfaSchema:schema>PDF/UA Universal Accessibility Schema</pdfaSchema:schema>
<pdfaSchema:namespaceURI>http://www.aiim.org/pdfua/ns/id/</pdfaSchema:namespaceURI>
<pdfaSchema:prefix>pdfuaid</pdfaSchema:prefix>
<pdfaSchema:property><rdf:Seq><rdf:li rdf:parseType="Resource">
<pdfaProperty:name>part</pdfaProperty:name>
<pdfaProperty:valueType>Integer</pdfaProperty:valueType>
<pdfaProperty:category>internal</pdfaProperty:category>
<pdfaProperty:description>Part of ISO 14289</pdfaProperty:description>
</rdf:li></rdf:Seq></pdfaSchema:property>
</rdf:li></rdf:Bag></pdfaExtension:schemas>
</rdf:Description>"""


def page(head: Head, body: str) -> HTML:
    """A whole HTML page around blocks that are already escaped."""
    start = Markup('<!DOCTYPE html><html lang="{}"><meta charset=utf-8><title>{}</title>').format(
        head.language, head.title
    )
    return HTML(string=f"{start}<body>{body}", url_fetcher=NOTHING)


def style(head: Head, fonts: FontConfiguration) -> CSS:
    return CSS(string=head.style, url_fetcher=NOTHING, font_config=fonts)


def metadata(head: Head) -> Metadata:
    """The PDF's description of itself, with its one attachment."""
    moment = head.moment.isoformat(timespec="seconds")
    return Metadata(
        title=head.title,
        authors=[head.author],
        lang=head.language,
        created=moment,
        modified=moment,
        attachments=[_attachment(head)] if head.attachment else [],
    )


def _attachment(head: Head) -> Attachment:
    return Attachment(
        file_obj=io.BytesIO(head.attachment),
        name="processing.json",
        created=head.moment,
        modified=head.moment,
        relationship="Data",
        url_fetcher=NOTHING,
    )


def write_whole(blocks: Iterable[str], head: Head, out: IO[bytes]) -> int:
    """Lays everything out at once with WeasyPrint's public interface; returns the pages."""
    fonts = FontConfiguration()
    layout: Layout = page(head, "\n".join(blocks)).render(
        font_config=fonts, stylesheets=[style(head, fonts)], pdf_variant="pdf/a-3a"
    )
    layout.metadata = metadata(head)
    layout.write_pdf(out, pdf_variant="pdf/a-3a")
    return len(layout.pages)
