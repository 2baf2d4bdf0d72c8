"""The headers of every answer, which bound what a browser does with it."""

from typing import Final

CONTENT_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""Content Security Policy Level 3: no inline script or style, nothing from elsewhere, in nobody's frame."""

ALWAYS: Final = {
    "content-security-policy": CONTENT_POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    # Not no-referrer: browsers then send «Origin: null» with forms, and could not be told from other sites (Fetch).
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=(), usb=(), payment=(), interest-cohort=()",
    "x-robots-tag": "noindex, nofollow",
}
NEVER_KEPT: Final = "no-store"


def headers_of(present: dict[str, str]) -> dict[str, str]:
    """Return the headers to add to an answer that has some already; pages are kept nowhere."""
    added = {name: value for name, value in ALWAYS.items() if name not in present}
    if "cache-control" not in present:
        added["cache-control"] = NEVER_KEPT
    return added
