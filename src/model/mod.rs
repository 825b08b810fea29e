//! Plain data with its invariants: no I/O, no parsing of statements, no redb.

mod attribute;
mod behaviour;
mod catalog;
mod change;
mod condition;
mod config;
mod context;
mod datum;
mod delivery;
mod duration;
mod expression;
mod fact;
mod given;
mod granularity;
mod instant;
mod json;
mod kept;
mod key;
mod key_type;
mod layout;
mod list;
mod literal;
mod local;
mod name;
mod object;
mod ordered;
mod publication;
mod query;
mod query_text;
mod reason;
mod reference;
mod retention;
mod revision_hash;
mod role;
mod same;
mod secret;
mod segment;
mod semantic;
mod short;
mod sketch;
mod span;
mod timeline;
mod timestamp;
mod traffic;
mod turn;
mod value;
mod version;
mod versioned;
mod vocabulary;
mod writer;

pub(crate) use attribute::WrittenAttribute;
pub use attribute::{Attribute, AttributeType};
pub use behaviour::Aggregate;
pub(crate) use behaviour::{Answer, Frame, Judge, KeptAnswer, Measured, Past, Question, Ready};
pub(crate) use catalog::{Catalog, VersionReader};
pub use change::{Change, ChangeSet, Revision};
pub use condition::Condition;
pub(crate) use condition::{ConditionParser, Reads};
pub use config::{Config, ConfigHead};
pub use context::Context;
pub(crate) use context::{
    As, AttributeName, Decided, FitStamp, FittedContext, Label, Numbered, Numbering, Room,
    SampleStamp, Stamped, USER_ID, UserAttribute,
};
pub(crate) use datum::{Datum, order_values, weight};
pub(crate) use delivery::{Contexts, Delivered, Delivery, DeliveryBatch};
pub use duration::Duration;
pub use expression::{
    AffixKind, ArithmeticOp, Behaviour, Block, Common, CompareOp, Expr, ExprKind, IsWhat, Item,
    Quantifier, Query, ReadAs, Rowset, Sort, Source, SourceRows, Window,
};
pub(crate) use fact::{
    Entry, What, check_attribute, check_event_id, check_event_name, check_user_id, check_value,
};
pub use fact::{Event, Fact, Profile};
pub use given::Given;
pub use granularity::Granularity;
pub use instant::Instant;
pub use json::JsonError;
pub(crate) use json::{json_words, write_json};
pub use kept::KeptVersions;
pub use key::Key;
pub use key_type::KeyType;
pub(crate) use list::{LISTS_ARE_LOADED, UserIds};
pub use literal::Literal;
pub(crate) use local::Unit;
pub use name::{Name, NameError, Path};
pub(crate) use name::{QUERY_WORDS, is_identifier, write_path, write_step};
pub use object::{AttributeId, ConfigId, KeyId, ListId, ObjectKind, SegmentId};
pub use ordered::Ordered;
pub use publication::Publication;
pub use query::{Fold, Join, SetOperator, TableRef, Under};
pub use reason::Reason;
pub(crate) use reference::{Reference, Referrer};
pub(crate) use retention::{Reach, Retention, RetentionPeriod, before};
pub use revision_hash::RevisionHash;
pub use role::Role;
pub(crate) use same::{hash_double, hash_items, hash_members};
pub(crate) use secret::{HIDDEN, Secrets, check_text};
pub use segment::Segment;
pub use semantic::{DottedVersion, SemanticVersion};
pub(crate) use short::Short;
pub(crate) use sketch::UserSketch;
pub use span::{Span, Spanned};
pub use timeline::Timeline;
pub(crate) use timestamp::zone_like;
pub use timestamp::{Timestamp, TimestampError};
pub(crate) use traffic::{Recorded, RecordingWords, in_order, is_recordable};
pub use traffic::{RecordedContext, Recording};
pub(crate) use turn::{ReignEnd, last_reign, turn_before};
pub(crate) use value::compare_numbers;
pub use value::{Object, Value, ValueKind};
pub use version::{Arm, Cell, Column, Row, Share, Split, Version};
pub(crate) use versioned::{Versioned, version_among};
pub(crate) use vocabulary::{compared, is_of_user, name_for_text, subjects};
pub(crate) use writer::{asked, parts};
