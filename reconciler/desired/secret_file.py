"""Files that are likely to hold secrets: known by their names, or by a private key in them.

The names are those under which common tools keep tokens, passwords and private keys.
"""

from __future__ import annotations

import re
from typing import Final

HEAD_BYTES: Final = 2**16
"""So much of a file is searched for a private key, in bytes."""

_NAMES: Final = frozenset({
    # Passwords and tokens of clients.
    ".netrc", "_netrc", ".pgpass", ".my.cnf", ".git-credentials", ".npmrc", ".pypirc", ".htpasswd",
    ".vault-token", ".token", "token", "token.json",
    # Clouds, clusters and registries of images.
    "credentials", "credentials.json", "credentials.db", "application_default_credentials.json",
    "access_tokens.db", "accesstokens.json", "client_secret.json", "service_account.json",
    ".boto", ".s3cfg", ".databrickscfg", ".dockercfg", "kubeconfig", "drconfig.yaml",
    # Private keys of ssh.
    "id_rsa", "id_dsa", "id_ecdsa", "id_ed25519", "id_ecdsa_sk", "id_ed25519_sk",
})  # fmt: skip
_IN_FOLDERS: Final = (".docker/config.json", ".kube/config")
_ENDINGS: Final = (".key", ".p12", ".pfx", ".jks", ".keystore", ".ppk", ".kdbx", ".token")
_PRIVATE_KEY: Final = re.compile(
    rb'(?:^|")(?:-----BEGIN (?:[A-Z0-9]+ ){0,3}PRIVATE KEY(?: BLOCK)?-----|PuTTY-User-Key-File-)',
    re.MULTILINE,
)


def secret_name(path: str) -> bool:
    """Whether a file of this path is likely to hold secrets."""
    folded = path.casefold()
    name = folded.rpartition("/")[2]
    in_folder = any(f"/{folded}".endswith(f"/{each}") for each in _IN_FOLDERS)
    return name.startswith(".env") or name in _NAMES or name.endswith(_ENDINGS) or in_folder


def holds_private_key(head: bytes) -> bool:
    """Whether the first bytes of a file hold a private key, as text or in JSON."""
    return _PRIVATE_KEY.search(head) is not None


def likely_secret(path: str, head: bytes) -> bool:
    """Whether the path or the first bytes of a file say that it holds secrets."""
    return secret_name(path) or holds_private_key(head)
