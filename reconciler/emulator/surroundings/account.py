"""The account of the caller: /api/v2/account/info/."""

from __future__ import annotations

import flask
from flask import Blueprint

from reconciler.emulator.answers import answer
from reconciler.emulator.refusal import not_found
from reconciler.emulator.surroundings.controls import serves_account
from reconciler.emulator.world import caller, current, user_id

account = Blueprint("account", __name__)


@account.get("/api/v2/account/info/")
def get_account() -> flask.Response:
    """Who the token stands for; 404 after a test control has switched it off.

    Not on the pages of the custom models.  The Terraform provider reads these fields
    (internal/client/user_service.go); no source says what an installation without it answers, so
    a client must take 404 for "not available".
    """
    if not serves_account(current()):
        raise not_found("Path")
    name, _, domain = caller().partition("@")
    body = {
        "uid": user_id(caller()),
        # The name by which roles are granted.
        "email": caller(),
        "firstName": name,
        "lastName": "",
        "orgId": user_id(f"organization {domain}"),
        "tenantId": user_id("tenant"),
        "permissions": {},
    }
    return answer(body)
