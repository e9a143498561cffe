"""Errors of the warehouse, worded for the person who has to act on them."""


class WarehouseError(Exception):
    """Base of everything the warehouse raises on purpose; its text is fit to be shown."""


class WarehouseMissingError(WarehouseError):
    """There is no catalog in this home yet."""


class NewerWarehouseError(WarehouseError):
    """A newer release has changed the lake; this one must not write to it."""


class PiiKeyError(WarehouseError):
    """The personal-data key is missing, too short or readable by others."""


class SigningKeyError(WarehouseError):
    """The key of the record's checkpoints is missing, unreadable or readable by others."""


class SigningKeyAbsentError(SigningKeyError):
    """The key of the record is not where it is looked for: no file, or the file of another key."""


class RecordError(WarehouseError):
    """The log of commits does not fit the warehouse; nothing was appended to it."""


class ConservationError(WarehouseError):
    """Rows or amounts of a file, or the states of lists, do not add up; nothing of the transaction was committed."""


class StagingError(WarehouseError):
    """What the earlier stages left in the run's folder does not fit together."""


class QueryRefusedError(WarehouseError):
    """A query that is not one read-only statement, or reaches outside the warehouse."""


class QueryFailedError(WarehouseError):
    """A query that cannot be answered; the text is DuckDB's own explanation."""


class CorrectionError(WarehouseError):
    """A declared correction cannot be used, or the documents it meets are not those it expects."""


class ReleaseError(WarehouseError):
    """A quarantined row cannot be released as asked."""


class SharedSettingsError(WarehouseError):
    """The environment names a catalog or a data path that cannot be used, or a package for it is missing."""


class CatalogUnreachableError(WarehouseError):
    """The shared catalog does not answer, or does not let this account in."""


class LockLostError(WarehouseError):
    """The connection that held the right to write broke; nothing was committed after that."""


class PolicyError(WarehouseError):
    """How long things are kept is not stated as it must be."""


class MaintenanceError(WarehouseError):
    """Maintenance would have removed what it must not; it stopped before."""


class BackupError(WarehouseError):
    """A backup cannot be taken or put back as asked."""
