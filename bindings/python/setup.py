# SPDX-License-Identifier: Apache-2.0
"""Only what pyproject.toml cannot say: the compiled extension, and that it is linked anew each time (SABIR_PREFIX may have changed)."""

from setuptools import setup

setup(cffi_modules=["build_raw.py:builder"], options={"build_ext": {"force": True}})
