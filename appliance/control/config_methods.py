"""What the control methods of the configuration do, with what they are given."""

from typing import Any, Protocol

from appliance.control import schema_config as schema
from appliance.control.line_methods import LineHandler, Read, Result
from appliance.control.schema_base import Params
from appliance.settings.toml import check_toml


class ConfigsLike(Protocol):
    """config_desk.ConfigDesk. ``by``: who asks."""

    def text(self) -> tuple[str, int]: ...

    async def import_text(
        self, toml: str, name: str, by: str = "", *, how: str = "import", force: bool = False
    ) -> tuple[int, list[str]]: ...

    async def draft(self, toml: str, name: str, by: str) -> list[str]: ...

    async def diff(self) -> dict[str, Any]: ...

    async def apply(self, within_s: float, by: str) -> dict[str, Any]: ...

    async def confirm(self, generation: int | None, by: str) -> int: ...

    async def revert(self, generation: int | None, by: str) -> tuple[int, list[str]]: ...

    async def history(self) -> dict[str, Any]: ...


class ConfigMethods:
    """``read``: does slow work in the reader thread."""

    def __init__(self, configs: ConfigsLike, read: Read) -> None:
        self._configs = configs
        self._read = read
        self.handlers: dict[str, LineHandler] = {
            "config.get": self._get,
            "config.check": self._check,
            "config.import": self._import,
            "config.draft": self._draft,
            "config.diff": self._diff,
            "config.apply": self._apply,
            "config.confirm": self._confirm,
            "config.revert": self._revert,
            "config.history": self._history,
        }

    async def _get(self, _params: Params, _who: str) -> Result:
        toml, generation = self._configs.text()
        return {"toml": toml, "generation": generation}

    async def _check(self, params: schema.ConfigText, _who: str) -> Result:
        return {"problems": await self._read(lambda: check_toml(params.toml, params.name))}

    async def _import(self, params: schema.ConfigImport, who: str) -> Result:
        generation, changes = await self._configs.import_text(
            params.toml, params.name, who, force=params.force
        )
        return {"generation": generation, "changes": changes}

    async def _draft(self, params: schema.ConfigText, who: str) -> Result:
        return {"changes": await self._configs.draft(params.toml, params.name, who)}

    async def _diff(self, _params: Params, _who: str) -> Result:
        return await self._configs.diff()

    async def _apply(self, params: schema.ConfigApply, who: str) -> Result:
        return await self._configs.apply(params.confirm_within_s, who)

    async def _confirm(self, params: schema.ConfigConfirm, who: str) -> Result:
        return {"generation": await self._configs.confirm(params.generation, who)}

    async def _revert(self, params: schema.ConfigRevert, who: str) -> Result:
        generation, changes = await self._configs.revert(params.generation, who)
        return {"generation": generation, "changes": changes}

    async def _history(self, _params: Params, _who: str) -> Result:
        return await self._configs.history()
