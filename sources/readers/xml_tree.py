"""Messages that are read whole: envelopes and gate messages, parsed within the bounds."""

from __future__ import annotations

from lxml import etree

from sources.readers import limits
from sources.readers.refusal import RefusalError
from sources.readers.xml_source import XmlSource
from sources.readers.xml_walk import bounded, events, pull_parser, syntax_refusal


def parsed(source: XmlSource) -> etree._Element:
    """The root element; refuses what is too large, too deep or not well-formed. A DOCTYPE never gets here."""
    parser = pull_parser()
    size = depth = 0
    try:
        for chunk in source.chunks(limits.XML_PROLOG_BYTES):
            size += len(chunk)
            if size > limits.MESSAGE_BYTES:
                raise RefusalError("F3", f"{source.where}a message of more than 64 MiB; split it")
            parser.feed(chunk)
            for event, element in events(parser):
                depth += 1 if event == "start" else -1
                if event == "start":
                    bounded(element, depth, source.where)
        return parser.close()
    except etree.XMLSyntaxError as error:
        raise syntax_refusal(error, source.where) from error
