"""Forms that say which model they are for, as Django's types require and its classes refuse."""

from typing import TYPE_CHECKING, Any

from django import forms

if TYPE_CHECKING:
    from django.forms import ModelForm
else:

    class ModelForm(forms.ModelForm):
        """Django's own; `ModelForm[Company]` is the same class to Python."""

        def __class_getitem__(cls, model: Any) -> Any:
            return cls


__all__ = ["ModelForm"]
