"""What every worker shares about a marketplace: credentials, tokens, sign-ins under way, the day's budget."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

from sqlalchemy import case, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from shared.database.models import MarketplaceToken, OAuthState, RequestBudget, SystemConfig
from shared.security.encryption import digest


class MarketplaceAccess:
    """Rows of one marketplace within one unit of work."""

    def __init__(self, session: AsyncSession, marketplace: str = "stockx") -> None:
        """Take the unit's session."""
        self.session, self.marketplace = session, marketplace

    async def secrets(self, names: tuple[str, ...]) -> dict[str, SystemConfig]:
        """Return the stored secret settings of some names."""
        rows = await self.session.scalars(select(SystemConfig).where(SystemConfig.key.in_(names)))
        return {row.key: row for row in rows}

    async def keep_secret(self, name: str, value: str, description: str) -> None:
        """Store a secret setting."""
        found = (await self.secrets((name,))).get(name)
        if found is None:
            self.session.add(SystemConfig(key=name, value=value, description=description))
        else:
            found.value = value
        await self.session.flush()

    async def token(self) -> MarketplaceToken | None:
        """Return the tokens as they are now."""
        statement = select(MarketplaceToken).where(MarketplaceToken.marketplace == self.marketplace)
        return (await self.session.scalars(statement.execution_options(populate_existing=True))).one_or_none()

    async def held_token(self) -> MarketplaceToken:
        """Return the tokens, held until the unit ends: whoever else wants to refresh waits and finds them fresh."""
        await self.session.execute(
            insert(MarketplaceToken).values(id=uuid.uuid4(), marketplace=self.marketplace).on_conflict_do_nothing()
        )
        statement = select(MarketplaceToken).where(MarketplaceToken.marketplace == self.marketplace).with_for_update()
        return (await self.session.scalars(statement.execution_options(populate_existing=True))).one()

    def begin_sign_in(self, state: str, user_id: uuid.UUID, redirect_uri: str) -> None:
        """Remember a sign-in under way, for ten minutes."""
        self.session.add(
            OAuthState(
                state_hash=digest(state),
                marketplace=self.marketplace,
                user_id=user_id,
                redirect_uri=redirect_uri,
                expires_at=datetime.now(UTC) + timedelta(minutes=10),
            )
        )

    async def end_sign_in(self, state: str) -> OAuthState | None:
        """Return the sign-in of a state and use it up; None when it is unknown, used or too old."""
        statement = (
            update(OAuthState)
            .where(
                OAuthState.state_hash == digest(state),
                OAuthState.marketplace == self.marketplace,
                OAuthState.used_at.is_(None),
                OAuthState.expires_at > func.clock_timestamp(),
            )
            .values(used_at=func.clock_timestamp())
            .returning(OAuthState)
        )
        return (await self.session.scalars(statement)).one_or_none()

    async def take_slot(self, pace: timedelta, daily: int) -> tuple[float, int] | None:
        """Take one request of today's budget; return the seconds to wait before sending it and how many are used.

        None when the budget is used up. Slots lie `pace` apart over all workers, by the database's clock.
        """
        now = func.clock_timestamp()
        today = func.timezone("UTC", now).cast(RequestBudget.day.type)
        start = func.greatest(func.coalesce(RequestBudget.not_before, now), now)
        statement = (
            insert(RequestBudget)
            .values(
                id=uuid.uuid4(),
                marketplace=self.marketplace,
                bucket="requests",
                day=today,
                used=1,
                not_before=now + pace,
            )
            .on_conflict_do_update(
                index_elements=["marketplace", "bucket", "day"],
                set_={"used": RequestBudget.used + 1, "not_before": start + pace},
                where=RequestBudget.used < daily,
            )
            .returning(RequestBudget.used, func.extract("epoch", RequestBudget.not_before - pace - now))
        )
        row = (await self.session.execute(statement)).one_or_none()
        return None if row is None else (max(0.0, float(row[1])), row[0])

    async def hold_back(self, seconds: float) -> None:
        """Let nobody send before so many seconds have passed."""
        until = func.clock_timestamp() + timedelta(seconds=seconds)
        later = case((RequestBudget.not_before > until, RequestBudget.not_before), else_=until)
        today = func.timezone("UTC", func.clock_timestamp()).cast(RequestBudget.day.type)
        await self.session.execute(
            update(RequestBudget)
            .where(RequestBudget.marketplace == self.marketplace, RequestBudget.day == today)
            .values(not_before=later)
        )

    async def used_today(self) -> int:
        """Return how many requests of today's budget are used."""
        today = func.timezone("UTC", func.clock_timestamp()).cast(RequestBudget.day.type)
        statement = select(func.sum(RequestBudget.used)).where(
            RequestBudget.marketplace == self.marketplace, RequestBudget.day == today
        )
        return await self.session.scalar(statement) or 0
