"""What the routes of a service are built with: who is calling, and what they may read."""

# Annotations are real here, not strings: FastAPI reads those of a dependency.
from typing import Annotated

import sqlalchemy
from fastapi import Depends, Header, Request, Response

from shared.runtime.endpoints import own_writes
from shared.runtime.endpoints.limits import Callers
from shared.runtime.endpoints.reading import ReadContext
from shared.runtime.endpoints.requests import PathSlug, bearer, token_of
from shared.runtime.following.follower import LEDGER, Follower
from shared.runtime.ground.clock import Clock
from shared.runtime.identity.principals import Principal
from shared.runtime.identity.sealing import PeopleKey
from shared.values.refusals import Forbidden


class HttpAccess:
    """What a service's ``api.py`` builds its routes with."""

    def __init__(
        self,
        engine: sqlalchemy.Engine,
        follower: Follower,
        callers: Callers,
        people_key: PeopleKey,
        writes: own_writes.OwnWrites,
        clock: Clock,
    ) -> None:
        self.engine = engine
        self.people_key = people_key
        self.follower = follower
        self.callers = callers
        self.own_writes = writes
        self.clock = clock

    async def principal(self, request: Request) -> Principal:
        """Who is calling. Raises ``NotAuthenticated``."""
        return await self.callers.verifier.authenticate_async(token_of(request))

    async def reading(
        self,
        request: Request,
        response: Response,
        partnership: PathSlug,
        folkmoot_after: Annotated[
            str | None,
            Header(description="See no less than these facts: the `Folkmoot-At` of an answer to another caller."),
        ] = None,
        _: Annotated[object, Depends(bearer)] = None,
    ) -> ReadContext:
        """The dependency of every query: any role of the partnership may read.

        It waits for ``Folkmoot-After``, and by default for what the caller has recorded.
        """
        principal = await self.principal(request)
        if principal.partnership not in (None, partnership):
            raise Forbidden(f"Your token is for the partnership {principal.partnership!r}, not for {partnership!r}.")
        wanted = own_writes.marks(folkmoot_after)
        if wanted:
            await self.follower.wait_for(wanted, own_writes.WAIT_TIMEOUT_S)
        await own_writes.wait_for_own(self.follower, self.own_writes.of(principal, request.cookies))
        response.headers["Folkmoot-At"] = f"{LEDGER}={self.follower.marks.position}"
        return ReadContext(self.engine, principal, partnership, self.clock)
