"""What a PDF says about itself so that it may be archived and read aloud: PDF/A-3a and PDF/UA-1."""

import io
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files
from typing import Any

import pydyf
from weasyprint import VERSION, Attachment
from weasyprint.pdf import _w3c_date_to_pdf
from weasyprint.pdf.anchors import write_pdf_attachment
from weasyprint.pdf.metadata import DocumentMetadata
from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

from exports.pdf.incremental_pdf import IncrementalPdf


class NoFetcher(URLFetcher):  # type: ignore[misc]
    """Fetches nothing: an address in a report is an attack, so it ends the rendering."""

    def fetch(self, url: str, headers: Any = None) -> URLFetcherResponse:  # noqa: ARG002
        raise FatalURLFetchingError


NOTHING = NoFetcher(allowed_protocols=frozenset(), allow_redirects=False, fail_on_errors=True)


@dataclass(frozen=True, slots=True)
class Head:
    """What the PDF says of itself and prints on every page.

    `moment` is both its creation and modification time. `foot` stands at the foot of every page,
    opposite to `number`, in which {page} and {pages} are replaced.
    """

    title: str
    author: str
    language: str
    moment: datetime
    style: str
    foot: str
    number: str
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


def describe(pdf: IncrementalPdf, head: Head) -> None:
    """Title, language, dates, identification, colour and attachment, in all places they belong."""
    about = metadata(head)
    date = pydyf.String(_w3c_date_to_pdf(about.created, "created"))
    pdf.info.update(
        {
            "Producer": pydyf.String(f"WeasyPrint {VERSION}"),
            "Title": pydyf.String(head.title),
            "Author": pydyf.String(head.author),
            "CreationDate": date,
            "ModDate": date,
        }
    )
    pdf.catalog["Lang"] = pydyf.String(head.language)
    pdf.catalog["ViewerPreferences"] = pydyf.Dictionary({"DisplayDocTitle": "true"})
    about.include_in_pdf(pdf, "a", 3, "A", compress=True)
    _attach(pdf, about.attachments)
    _intend_colours(pdf)


def _attach(pdf: IncrementalPdf, attachments: Iterable[Attachment]) -> None:
    names = pydyf.Array()
    for attachment in attachments:
        entry = write_pdf_attachment(pdf, attachment, True)  # noqa: FBT003 - its own order
        entry["AFRelationship"] = f"/{attachment.relationship}"
        names.extend((entry["F"], entry.reference))
    if names:
        pdf.catalog["AF"] = pydyf.Array(names[1::2])
        tree = pydyf.Dictionary({"Names": names})
        pdf.catalog["Names"] = pydyf.Dictionary({"EmbeddedFiles": tree})


def _intend_colours(pdf: IncrementalPdf) -> None:
    """PDF/A wants to know what red is: sRGB, with the profile that WeasyPrint carries."""
    content = (files("weasyprint.pdf") / "sRGB2014.icc").read_bytes()
    profile = pydyf.Stream([content], {"N": 3}, compress=True)
    pdf.add_object(profile)
    intent = pydyf.Dictionary(
        {
            "Type": "/OutputIntent",
            "S": "/GTS_PDFA1",
            "OutputConditionIdentifier": pydyf.String("sRGB2014"),
            "Info": pydyf.String("sRGB2014"),
            "DestOutputProfile": profile.reference,
        }
    )
    pdf.catalog["OutputIntents"] = pydyf.Array([intent])
