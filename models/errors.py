"""The errors a user can meet.

TranslateDocsError
├── InputError                  this document cannot be translated; the rest of the batch goes on
│   ├── UnreadableFileError     permissions, vanished, not a regular file
│   ├── UnsupportedFormatError  no parser for this suffix
│   ├── EmptyFileError          zero bytes
│   ├── EncryptedDocumentError  password-protected
│   ├── CorruptDocumentError    not what its suffix says, or damaged
│   ├── DocumentTooLargeError   over one of the documented limits
│   ├── DocumentTimeoutError    takes too long to read or to write
│   ├── UnsafeDocumentError     DOCTYPE in OOXML, zip bomb, nesting too deep
│   ├── LostMarkupError         the translation would lose a tag, an anchor or the like
│   ├── SourceChangedError      edited between submit and assembly
│   └── OutputError             the output cannot or must not be written there
├── SettingsError               an environment variable has a value that cannot be used
├── ModelError                  missing, damaged or incompatible model bundle
├── GlossaryError               a glossary that cannot be read, or that there is not
├── ServiceError                database, broker or model hub out of reach; worth a retry
└── JobError                    no such job, or not in a state that allows this

`code` is stable: it stands in `--json` output and in the database. `exit_code` is the process exit status where the error ends
a command; 1 means that some documents failed, 2 is click's usage error and 130 is Ctrl-C. Every class takes one message, so that it
survives pickling between processes.
"""

from typing import ClassVar


class TranslateDocsError(Exception):
    """Anything this application reports in one line."""

    code: ClassVar[str] = "error"
    exit_code: ClassVar[int] = 70
    should_retry: ClassVar[bool] = False


class InputError(TranslateDocsError):
    """One document cannot be translated."""

    code = "input"
    exit_code = 65


class UnreadableFileError(InputError):
    """The file cannot be opened or is not a regular file."""

    code = "unreadable"


class UnsupportedFormatError(InputError):
    """No parser knows this kind of file."""

    code = "unsupported"


class EmptyFileError(InputError):
    """The file has no bytes."""

    code = "empty"


class EncryptedDocumentError(InputError):
    """The document is protected by a password."""

    code = "encrypted"


class CorruptDocumentError(InputError):
    """The file is damaged or is not what its suffix says."""

    code = "corrupt"


class DocumentTooLargeError(InputError):
    """The document is over one of the documented limits."""

    code = "too-large"


class DocumentTimeoutError(InputError):
    """The document takes too long to read or to write."""

    code = "timeout"


class UnsafeDocumentError(InputError):
    """The document is built to harm its reader."""

    code = "unsafe"


class LostMarkupError(InputError):
    """The translated document would not have all that the source has beside its text."""

    code = "lost-markup"


class SourceChangedError(InputError):
    """The source file is no longer the one that was submitted."""

    code = "source-changed"


class OutputError(InputError):
    """The translation cannot or must not be written where it should go."""

    code = "output"
    exit_code = 73


class SettingsError(TranslateDocsError):
    """An environment variable has a value that cannot be used."""

    code = "settings"
    exit_code = 78


class ModelError(TranslateDocsError):
    """The model bundle is missing, damaged or incompatible."""

    code = "model"
    exit_code = 78


class GlossaryError(TranslateDocsError):
    """A glossary cannot be read, or there is none of that name."""

    code = "glossary"
    exit_code = 65


class ServiceError(TranslateDocsError):
    """The database, the broker or the model hub is out of reach."""

    code = "service"
    exit_code = 75
    should_retry = True


class JobError(TranslateDocsError):
    """The job does not exist or is in a state that does not allow this."""

    code = "job"
    exit_code = 66
