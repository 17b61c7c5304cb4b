"""The table of operations of the aliases API; paths are relative to the endpoint."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reconciler.providers.operation import NONE, Operation, listing, nothing, one
from tests.toy_family.aliases.responses import Alias

ALIAS = "aliases/{id}"

LIST_ALIASES = listing("list_aliases", "aliases", Alias)
GET_ALIAS = Operation("get_alias", "GET", ALIAS, one(Alias), NONE)
CREATE_ALIAS = Operation("create_alias", "POST", "aliases", one(Alias))
UPDATE_ALIAS = Operation("update_alias", "PATCH", ALIAS, nothing)
DELETE_ALIAS = Operation("delete_alias", "DELETE", ALIAS, nothing, NONE)

OPERATIONS: Mapping[str, Operation[Any]] = {
    operation.name: operation
    for operation in (LIST_ALIASES, GET_ALIAS, CREATE_ALIAS, UPDATE_ALIAS, DELETE_ALIAS)
}
