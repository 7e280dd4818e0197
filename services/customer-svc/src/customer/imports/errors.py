"""What can be wrong with an import as a whole; a bad line is not: it goes to the job's error list."""

from crmkit.problems import BadRequest, Invalid, Problem, UnsupportedMediaType


class UnsupportedFormat(UnsupportedMediaType):
    code, title = "unsupported_media_type", "Imports take NDJSON and CSV"


class UnreadableBody(BadRequest):
    code, title = "unreadable_body", "The body cannot be decompressed or decoded"


class LineTooLong(Invalid):
    code, title = "line_too_long", "A line is too long"


class UnknownColumn(Invalid):
    code, title = "unknown_column", "The CSV header names a column we do not know"


class RepeatedColumn(Invalid):
    code, title = "repeated_column", "The CSV header names a column twice"


class UploadAbandoned(Problem):
    status, code, title = 408, "upload_abandoned", "The upload paused for too long"
