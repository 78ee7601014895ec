"""What languages does this installation really run?"""

from collections.abc import Sequence
from dataclasses import dataclass

from application.ports.judge import LanguageOffer
from domain.language import Language


@dataclass(frozen=True, slots=True, kw_only=True)
class ListLanguages:
    offer: LanguageOffer

    async def __call__(self) -> Sequence[Language]:
        """The languages by id; empty where there is no working sandbox."""
        return await self.offer.languages()
