"""What somebody may do past the tool to one live object, at random: each edit changes something."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from typing import Any

from tests.support.sandbox import USERS, Stage

Doc = dict[str, Any]
Edit = Callable[[Stage, Doc, random.Random], bool]
"""Whether the platform did it."""

ROLES = ("OWNER", "READ_WRITE", "READ_ONLY")
LETTERS = "abc xyz-0189.,:;{}[]'\"<>\\|`\n\täß–你"


def text(chance: random.Random) -> str:
    """Something nobody else wrote."""
    made = "".join(chance.choice(LETTERS) for _ in range(chance.randint(0, 12)))
    return f"{made.strip()} {chance.randrange(10**9)}".strip()


def _patch(stage: Stage, path: str, body: Doc) -> bool:
    return bool(stage.by_hand("PATCH", path, json=body).is_success)


def _form(stage: Stage, method: str, path: str, parts: list[Any]) -> bool:
    return bool(stage.by_hand(method, path, files=parts).is_success)


def versions(stage: Stage, model: Doc) -> list[Doc]:
    """The model's versions, oldest first."""
    found = stage.control("GET", "state").get("modelVersions", ())
    return [version for version in found if version["parent"] == model["id"]]


# -- models ----------------------------------------------------------------------------------


def model_setting(stage: Stage, model: Doc, chance: random.Random) -> bool:
    """A name, a language or a threshold."""
    fields: list[Doc] = [{"name": text(chance)}, {"language": text(chance)}]
    if model["targetType"] == "Binary":
        fields.append({"predictionThreshold": round(chance.uniform(0.51, 0.99), 6)})
    return _patch(stage, f"customModels/{model['id']}/", chance.choice(fields))


def model_description(stage: Stage, model: Doc, chance: random.Random) -> bool:
    """Another description, with or without what was there."""
    kept = chance.choice(("", f"{model['description']}\n"))
    return _patch(stage, f"customModels/{model['id']}/", {"description": kept + text(chance)})


def model_role(stage: Stage, model: Doc, chance: random.Random) -> bool:
    """A user gets in, gets another role, or is thrown out."""
    return _role(stage, f"customModels/{model['id']}/", model, chance)


def model_version(stage: Stage, model: Doc, chance: random.Random) -> bool:
    """A version with one more file, or only with other resources."""
    if not versions(stage, model):
        return False
    parts: list[Any] = [("isMajorUpdate", (None, chance.choice(("True", "False"))))]
    if chance.random() < 0.5:
        parts.append(("filePath", (None, "by_hand.txt")))
        parts.append(("file", ("by_hand.txt", text(chance).encode())))
    else:
        parts.append(("replicas", (None, str(chance.randint(1, 4)))))
    return _form(stage, "PATCH", f"customModels/{model['id']}/versions/", parts)


def version_description(stage: Stage, model: Doc, chance: random.Random) -> bool:
    """The newest version is described otherwise; its mark may be lost."""
    held = versions(stage, model)
    if not held:
        return False
    kept = chance.choice(("", f"{held[-1]['description']}\n"))
    path = f"customModels/{model['id']}/versions/{held[-1]['id']}/"
    return _patch(stage, path, {"description": kept + text(chance)})


def model_gone(stage: Stage, model: Doc, chance: random.Random) -> bool:
    """The model is deleted."""
    return bool(stage.by_hand("DELETE", f"customModels/{model['id']}/").is_success)


def model_build(stage: Stage, model: Doc, chance: random.Random) -> bool:
    """The dependencies of the newest version are built once more."""
    held = versions(stage, model)
    path = f"customModels/{model['id']}/versions/{held[-1]['id']}/" if held else ""
    if not held or not held[-1]["dependencies"]:
        return False
    stage.by_hand("DELETE", f"{path}dependencyBuild/")
    stage.clock.sleep(chance.randint(1, 99))
    return bool(stage.by_hand("POST", f"{path}dependencyBuild/").is_success)


def model_test(stage: Stage, model: Doc, chance: random.Random) -> bool:
    """The newest version is tested once more."""
    held = versions(stage, model)
    datasets = stage.control("GET", "state").get("datasets", ())
    if not held or not datasets:
        return False
    body = {
        "customModelId": model["id"],
        "customModelVersionId": held[-1]["id"],
        "datasetId": datasets[0]["id"],
        "configuration": {"errorCheck": "fail"},
    }
    return bool(stage.by_hand("POST", "customModelTests/", json=body).is_success)


# -- environments ----------------------------------------------------------------------------


def environment_setting(stage: Stage, environment: Doc, chance: random.Random) -> bool:
    """A name, a purpose or a language."""
    fields: tuple[Doc, ...] = (
        {"name": text(chance)},
        {"useCases": ["notebook"] if "notebook" not in environment["useCases"] else []},
        {"programmingLanguage": "julia"},
    )
    return _patch(stage, f"executionEnvironments/{environment['id']}/", chance.choice(fields))


def environment_description(stage: Stage, environment: Doc, chance: random.Random) -> bool:
    """Another text before the mark."""
    body = {"description": f"{text(chance)}\n{environment['description'].splitlines()[-1]}"}
    return _patch(stage, f"executionEnvironments/{environment['id']}/", body)


def environment_role(stage: Stage, environment: Doc, chance: random.Random) -> bool:
    """A user gets in, gets another role, or is thrown out."""
    return _role(stage, f"executionEnvironments/{environment['id']}/", environment, chance)


def environment_version(stage: Stage, environment: Doc, chance: random.Random) -> bool:
    """A newer version, which may fail to build."""
    image = f"ghcr.io/somebody/{chance.choice(('else', 'does-not-exist'))}:{chance.randrange(99)}"
    path = f"executionEnvironments/{environment['id']}/versions/"
    return _form(stage, "POST", path, [("dockerImageUri", (None, image))])


def _role(stage: Stage, path: str, held: Doc, chance: random.Random) -> bool:
    name = chance.choice(USERS)
    now = (held["roles"].get(name) or {}).get("role")
    role = chance.choice([role for role in (*ROLES, None) if role != now])
    body = {"data": [{"username": name, "role": role}]}
    return _patch(stage, f"{path}accessControl/", body)


MODEL_EDITS: tuple[Edit, ...] = (
    model_setting,
    model_description,
    model_role,
    model_version,
    version_description,
    model_gone,
    model_build,
    model_test,
)
ENVIRONMENT_EDITS: tuple[Edit, ...] = (
    environment_setting,
    environment_description,
    environment_role,
    environment_version,
)


def edit_one(stage: Stage, kind: str, identity: str, chance: random.Random) -> str:
    """Change this object in one way that the platform allows; the name of the edit."""
    table, edits = (
        ("models", MODEL_EDITS) if kind == "CustomModel" else ("environments", ENVIRONMENT_EDITS)
    )
    state = stage.control("GET", "state")
    held = next(doc for doc in state[table] if doc["id"] == identity)
    before = json.dumps(state, sort_keys=True)
    for _ in range(50):
        edit = chance.choice(edits)
        edit(stage, held, chance)
        if json.dumps(stage.control("GET", "state"), sort_keys=True) != before:
            return edit.__name__
    raise AssertionError(f"nothing can be done to {kind} {identity}")
