"""Brands: how they are recognised, and what is known about them, each fact with its source."""

from __future__ import annotations

import uuid
from datetime import date
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, Index, Numeric, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from shared.database.base import Base, Percent, Text20, Text50, Text100, Text255, Timestamped

BRANDS = "core.brands.id"


class Brand(Timestamped, Base):
    """A brand and the facts of brand intelligence."""

    __tablename__ = "brands"
    __table_args__ = (
        CheckConstraint("sustainability_score BETWEEN 1 AND 10", name="sustainability"),
        {"schema": "core"},
    )

    name: Mapped[Text100] = mapped_column(unique=True)
    slug: Mapped[Text100] = mapped_column(unique=True)
    founded_year: Mapped[int | None]
    founder_name: Mapped[Text255 | None]
    headquarters_city: Mapped[Text100 | None]
    headquarters_country: Mapped[Text100 | None]
    parent_company_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey(BRANDS, ondelete="SET NULL"), index=True)
    website_url: Mapped[Text255 | None]
    instagram_handle: Mapped[Text100 | None]
    brand_story: Mapped[str | None]
    brand_mission: Mapped[str | None]
    brand_values: Mapped[list[str] | None]
    innovation_focus: Mapped[list[str] | None]
    key_technologies: Mapped[list[str] | None]
    sustainability_score: Mapped[int | None]
    brand_status: Mapped[Text20] = mapped_column(default="active", server_default="active")
    authenticity_level: Mapped[Text20] = mapped_column(default="verified", server_default="verified")
    source_url: Mapped[str | None]


class BrandPattern(Timestamped, Base):
    """How a brand is found in a product's name; a lower priority is tried first."""

    __tablename__ = "brand_patterns"
    __table_args__ = (
        CheckConstraint("pattern_type IN ('regex', 'keyword')", name="pattern_type"),
        {"schema": "core"},
    )

    brand_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(BRANDS, ondelete="CASCADE"), index=True)
    pattern_type: Mapped[Text50]
    pattern: Mapped[Text255] = mapped_column(unique=True)
    priority: Mapped[int] = mapped_column(default=100, server_default="100")
    model: Mapped[Text100 | None]


class BrandEvent(Timestamped, Base):
    """A date in a brand's life."""

    __tablename__ = "brand_history"
    __table_args__ = (Index("ix_brand_history_brand", "brand_id", "event_date"), {"schema": "core"})

    brand_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(BRANDS, ondelete="CASCADE"))
    event_date: Mapped[date]
    event_type: Mapped[Text50]
    event_title: Mapped[Text255]
    description: Mapped[str | None]
    impact_level: Mapped[Text20] = mapped_column(default="medium", server_default="medium")
    source_url: Mapped[str | None]


class BrandRelationship(Timestamped, Base):
    """Who owns or licenses whom."""

    __tablename__ = "brand_relationships"
    __table_args__ = (UniqueConstraint("parent_brand_id", "child_brand_id", "relationship_type"), {"schema": "core"})

    parent_brand_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(BRANDS, ondelete="CASCADE"))
    child_brand_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(BRANDS, ondelete="CASCADE"), index=True)
    relationship_type: Mapped[Text50]
    ownership_percentage: Mapped[Percent | None]
    start_date: Mapped[date | None]
    end_date: Mapped[date | None]
    source_url: Mapped[str | None]


class BrandCollaboration(Timestamped, Base):
    """Two brands that made something together, and what that did to prices."""

    __tablename__ = "brand_collaborations"
    __table_args__ = (
        CheckConstraint("hype_score BETWEEN 1 AND 10", name="hype"),
        UniqueConstraint("primary_brand_id", "collaborator_brand_id", "name"),
        {"schema": "core"},
    )

    primary_brand_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(BRANDS, ondelete="CASCADE"))
    collaborator_brand_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(BRANDS, ondelete="CASCADE"), index=True)
    name: Mapped[Text255]
    collaboration_type: Mapped[Text50]
    launch_date: Mapped[date | None]
    end_date: Mapped[date | None]
    success_level: Mapped[Text20 | None]
    limited_quantity: Mapped[int | None]
    resale_multiplier: Mapped[Decimal | None] = mapped_column(Numeric(5, 3))
    hype_score: Mapped[int | None]
    source_url: Mapped[str | None]


class BrandAttribute(Timestamped, Base):
    """A trait of a brand and who says so."""

    __tablename__ = "brand_attributes"
    __table_args__ = (
        UniqueConstraint("brand_id", "category", "name"),
        CheckConstraint("confidence BETWEEN 0 AND 1", name="confidence"),
        {"schema": "core"},
    )

    brand_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(BRANDS, ondelete="CASCADE"))
    category: Mapped[Text50]
    name: Mapped[Text100]
    value: Mapped[Text255]
    confidence: Mapped[Decimal | None] = mapped_column(Numeric(3, 2))
    data_source: Mapped[Text50] = mapped_column(default="manual", server_default="manual")


class BrandFinancials(Timestamped, Base):
    """A brand's year in figures (US dollars)."""

    __tablename__ = "brand_financials"
    __table_args__ = (UniqueConstraint("brand_id", "fiscal_year"), {"schema": "core"})

    brand_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(BRANDS, ondelete="CASCADE"))
    fiscal_year: Mapped[int]
    revenue_usd: Mapped[Decimal | None] = mapped_column(Numeric(16, 2))
    profit_usd: Mapped[Decimal | None] = mapped_column(Numeric(16, 2))
    employee_count: Mapped[int | None]
    growth_percent: Mapped[Percent | None]
    data_source: Mapped[str | None] = mapped_column(String(255))
