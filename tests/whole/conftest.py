"""Shops for whole calls; prompts are spoken once for all of them."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.whole.mobile_shop import Mobile, MobileShop, OpenMobile
from tests.whole.shop import Shop

OpenShop = Callable[..., Shop]


@pytest.fixture(scope="session")
def prompts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("prompts")


@pytest.fixture
def open_shop(tmp_path: Path, prompts: Path) -> Iterator[OpenShop]:
    """Opens a shop and closes it after the test."""
    shops: list[Shop] = []

    def opened(**more: Any) -> Shop:
        shop = Shop(tmp_path / "state", prompts, **more)
        shop.__enter__()
        shops.append(shop)
        return shop

    yield opened
    for shop in shops:
        shop.__exit__()


@pytest.fixture
def open_mobile(tmp_path: Path, prompts: Path) -> Iterator[OpenMobile]:
    """Opens a shop with mobile lines and closes it after the test."""
    shops: list[MobileShop] = []

    def opened(*mobiles: Mobile, **more: Any) -> MobileShop:
        shop = MobileShop(tmp_path / "state", prompts, *mobiles, **more)
        shop.__enter__()
        shops.append(shop)
        return shop

    yield opened
    for shop in shops:
        shop.__exit__()
