"""What an application may still lack: what an agency that examines it may ask for."""

from __future__ import annotations

from pydantic import BaseModel

from contracts.terms.values import DocumentRef


def missing_in(application: BaseModel, *, copies: bool = False) -> list[str]:
    """The fields that may be missing: documents that are not there; without any, what else is not there.

    Args:
        copies: where nothing is lacking, a better copy of a document may be asked for.
    """
    kind = type(application)
    lacking = [name for name, value in application if value is None and name in kind.model_fields]
    documents = [name for name in lacking if is_document(kind, name)]
    held = [name for name, value in application if isinstance(value, DocumentRef)]
    return documents or lacking or (held[:1] if copies else [])


def is_document(kind: type[BaseModel], field: str) -> bool:
    """Whether a field holds a document."""
    return "DocumentRef" in str(kind.model_fields[field].annotation)
