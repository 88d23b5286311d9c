"""The rows of the studio: one schema for SQLite and PostgreSQL. `migrations/` brings older databases to it.

Times are seconds since the epoch. Ids are short random words, but for a take's, which says what it shows, and an
event's number, which only grows.
"""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
)

metadata = MetaData()

conversations = Table(
    "conversations",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("title", Text, nullable=False),
    Column("model", String(200), nullable=False),
    Column("head", String(40)),  # the message that is shown last; what lies on its way up is the shown branch
    Column("created_at", Float, nullable=False),
    Column("updated_at", Float, nullable=False, index=True),
)

messages = Table(
    "messages",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("conversation", ForeignKey("conversations.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("parent", String(40)),
    Column("at", Float, nullable=False),
    Column("by", String(10), nullable=False),  # "person", "click" or "laqta"
    Column("text", Text, nullable=False),
    Column("picture", String(80)),
    Column("language", String(2), nullable=False),
    Column("reply", Text, nullable=False),
    Column("problem", String(40), nullable=False),
    Column("ignored", JSON, nullable=False),
    Column("takes", JSON, nullable=False),  # the ids of those that it asked for
    Column("board", JSON, nullable=False),  # the storyboard after it
    Column("past", JSON, nullable=False),  # messages whose boards undo goes back to; "" is the empty board
    Column("future", JSON, nullable=False),
)

takes = Table(
    "takes",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("conversation", ForeignKey("conversations.id", ondelete="CASCADE"), index=True),  # None: the API's
    Column("at", Float, nullable=False, index=True),
    Column("model", String(200), nullable=False),
    Column("shot", JSON, nullable=False),
    Column("language", String(2), nullable=False),
    Column("seed", Integer, nullable=False),
    Column("loop", Boolean, nullable=False),
    Column("first", String(80)),  # pictures, by their content
    Column("last", String(80)),
    Column("parent", String(40)),
    Column(
        "settings", JSON, nullable=False
    ),  # what was asked beside the shot: size, seconds, steps, guidance
    Column("source", String(80)),  # the film that goes on
    Column("request", JSON),  # what a program asked for, as it asked
    Column("state", String(10), nullable=False),  # queued, running, done, failed, cancelled, deleted
    Column("job", String(40)),
    Column("error", Text),
    Column("video", String(80)),
    Column("poster", String(80)),
    Column("recipe", JSON),  # everything that films it again; its check is what the judge saw
    Column("finished_at", Float),
)

jobs = Table(
    "jobs",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("kind", String(10), nullable=False),  # film or export
    Column("conversation", ForeignKey("conversations.id", ondelete="CASCADE"), index=True),
    Column("takes", JSON, nullable=False),
    Column("request", JSON, nullable=False),
    Column("form", Text, nullable=False),  # jobs of one form may be filmed in one batch
    Column("state", String(10), nullable=False),  # queued, running, done, failed, cancelled
    Column("created_at", Float, nullable=False),
    Column("started_at", Float),
    Column("finished_at", Float),
    Column("worker", String(80)),
    Column("lease", String(40)),  # whoever holds this word may report and finish
    Column("lease_until", Float),
    Column("attempt", Integer, nullable=False),
    Column("cancel", Boolean, nullable=False),
    Column("done", Integer, nullable=False),
    Column("total", Integer, nullable=False),
    Column("preview", LargeBinary),
    Column("error", Text),
    Column("file", String(80)),
    Index("jobs_by_state", "state", "created_at"),
)

events = Table(
    "events",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=True),
    Column("at", Float, nullable=False),
    Column("conversation", String(40), index=True),
    Column("kind", String(10), nullable=False),  # state, gone
    Column("job", String(40)),
    Column("terminal", String(40), unique=True),  # the job that ends here: none ends twice
    Column("data", JSON, nullable=False),
    sqlite_autoincrement=True,
)

media = Table(
    "media",
    metadata,
    Column("name", String(80), primary_key=True),  # SHA-256 and the ending
    Column("bytes", Integer, nullable=False),
    Column("at", Float, nullable=False),
)

idempotency = Table(
    "idempotency",
    metadata,
    Column("name", String(64), primary_key=True),  # a hash of the caller and the key
    Column("word", String(40), nullable=False),  # whoever holds this word may answer
    Column("body", String(64), nullable=False),  # a hash of what was asked
    Column("reply", JSON(none_as_null=True)),  # None: at work
    Column("at", Float, nullable=False, index=True),
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", String(40), primary_key=True),  # the event's, the same at every try
    Column("body", Text, nullable=False),
    Column("at", Float, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("next_at", Float, index=True),  # None: delivered, or given up
    Column("error", Text),  # why the last try failed
)
