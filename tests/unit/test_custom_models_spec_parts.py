"""The typed views of a spec have the keys of the models that validate it."""

from __future__ import annotations

from typing import NotRequired, get_origin, get_type_hints

import pytest

from reconciler.core.spec import Spec
from reconciler.providers.custom_models import spec, spec_parts

PAIRS = [
    (spec.SharedUser, spec_parts.UserPart),
    (spec.Sharing, spec_parts.SharingPart),
    (spec.EnvironmentVersion, spec_parts.ImagePart),
    (spec.EnvironmentRef, spec_parts.EnvironmentPart),
    (spec.Repository, spec_parts.RepositoryPart),
    (spec.TrainingData, spec_parts.TrainingDataPart),
    (spec.HoldoutData, spec_parts.HoldoutDataPart),
    (spec.RegistryRef, spec_parts.RegistryPart),
    (spec.ModelVersion, spec_parts.VersionPart),
    (spec.Tests, spec_parts.TestsPart),
]


@pytest.mark.parametrize(("model", "part"), PAIRS, ids=lambda each: each.__name__)
def test_a_part_has_the_keys_of_its_model(model: type[Spec], part: type) -> None:
    fields = model.model_fields.items()
    assert part.__annotations__.keys() == {field.alias or name for name, field in fields}


@pytest.mark.parametrize(("model", "part"), PAIRS, ids=lambda each: each.__name__)
def test_a_part_requires_what_its_model_requires(model: type[Spec], part: type) -> None:
    required = {
        field.alias or name for name, field in model.model_fields.items() if field.is_required()
    }
    hints = get_type_hints(part, include_extras=True).items()
    found = {key for key, hint in hints if get_origin(hint) is not NotRequired}
    assert (found if vars(part)["__total__"] else set()) == required
