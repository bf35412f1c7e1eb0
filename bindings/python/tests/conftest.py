# SPDX-License-Identifier: Apache-2.0
import pytest
from support import Fixture


@pytest.fixture
def fixture():
    made = Fixture()
    yield made
    made.close()  # of an ended system it does nothing
