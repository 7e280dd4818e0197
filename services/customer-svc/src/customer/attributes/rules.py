"""A patched attribute."""

from crmkit.data import merge_patch
from customer.attributes.schemas import AttributePatch, NewAttribute


def patched(present: NewAttribute | None, patch: AttributePatch) -> NewAttribute | None:
    """The attribute as a merge patch leaves it; None where it would be left without a value."""
    before = present.model_dump() if present else {}
    after = merge_patch.merged(before, patch.model_dump(exclude_unset=True))
    return NewAttribute.model_validate(after) if "value" in after else None
