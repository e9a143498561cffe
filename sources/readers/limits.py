"""Bounds a file must keep; each is far above what a real extract needs and far below what hurts."""

#: Bytes of one landed file (an archive member counts by itself).
FILE_BYTES = 4 * 1024**3
#: Levels of nested elements, envelopes not counted together with their payload.
XML_DEPTH = 16
#: Attributes (namespace declarations included) of one element.
XML_ATTRIBUTES = 64
#: Bytes of one document (one business node): no real list comes near.
XML_DOCUMENT_BYTES = 32 * 1024**2
#: Bytes from the start of a file to its root element.
XML_PROLOG_BYTES = 1024**2
#: Characters of one element's text; the longest field of the contracts is 1000.
XML_TEXT = 1024**2
#: Bytes read at a time.
CHUNK_BYTES = 16 * 1024**2
#: Bytes given to libxml2 at a time: its own buffer is bounded to 10 MB.
FEED_BYTES = 1024**2
#: Envelopes around envelopes.
ENVELOPES = 4
#: Bytes of a message that must be read whole: an envelope or a gate message.
MESSAGE_BYTES = 64 * 1024**2
#: Columns of a flat file.
COLUMNS = 512
#: Bytes of one JSON line.
JSON_LINE_BYTES = 32 * 1024**2
#: Unpacked bytes of a workbook and of one of its parts.
WORKBOOK_BYTES = 1024**3
#: Rows typed and written at a time.
BATCH_ROWS = 50_000
