"""The views of reporting; the other modules of this folder declare their tables and projectors on them."""

from shared.runtime.following.views import Views

views = Views("reporting")
