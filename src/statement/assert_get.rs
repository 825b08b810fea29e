//! `ASSERT GET`: fails unless a key has a value.

use std::fmt;

use super::canonical::{self, optional};
use super::{Get, GetWhat, Help, SegmentRef, Text, named, segment, text};
use crate::error::{Error, Result};
use crate::model::{Literal, Name, Role, Spanned};
use crate::syntax::{Node, Rule};

/// `ASSERT GET key … = value [REASON '…'] [SEGMENT s] [VARIANT '…']`
#[derive(Clone, Debug, PartialEq)]
pub struct AssertGet {
    /// What is read: exactly one key.
    pub get: Get,
    /// The value that it must have.
    pub value: Spanned<Literal>,
    /// The reason that must be given.
    pub reason: Option<Text>,
    /// The segment whose row must give it.
    pub segment: Option<SegmentRef>,
    /// The arm that must give it.
    pub variant: Option<Text>,
}

impl AssertGet {
    /// The role that it needs: that of what it reads.
    pub(super) fn role(&self) -> Role {
        self.get.role()
    }

    /// Asserts the value of a key; everything but the key is set on [`AssertGet::get`].
    pub fn new<N>(key: N, value: impl Into<Literal>) -> Result<Self>
    where
        N: TryInto<Name, Error: Into<Error>>,
    {
        let get = Get::key(named(key)?.node)?;
        Ok(Self { get, value: text(value), reason: None, segment: None, variant: None })
    }

    /// The reason that must be given.
    #[must_use]
    pub fn reason(mut self, reason: impl Into<Literal>) -> Self {
        self.reason = Some(text(reason));
        self
    }

    /// The segment whose row must give it.
    pub fn segment<N>(mut self, name: N) -> Result<Self>
    where
        N: TryInto<Name, Error: Into<Error>>,
    {
        self.segment = Some(segment(name)?);
        Ok(self)
    }

    /// The arm that must give it.
    #[must_use]
    pub fn variant(mut self, variant: impl Into<Literal>) -> Self {
        self.variant = Some(text(variant));
        self
    }

    pub(super) fn build(node: &Node<'_>) -> Result<Self> {
        let mut children = node.children();
        let key = children.name()?;
        let get = Get::build_rest(GetWhat::Keys(vec![key]), &mut children)?;
        let value = children.literal()?;
        let reason = children.literal_after(Rule::k_reason)?;
        let from = children.saw(Rule::k_segment);
        let segment = if from { Some(children.segment()?) } else { None };
        Ok(Self { get, value, reason, segment, variant: children.literal_after(Rule::k_variant)? })
    }
}

impl fmt::Display for AssertGet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ASSERT {} = {}", self.get, self.value)?;
        optional(f, "REASON", self.reason.as_ref())?;
        let segment = self.segment.as_ref().map(canonical::segment);
        optional(f, "SEGMENT", segment.as_ref())?;
        optional(f, "VARIANT", self.variant.as_ref())
    }
}

/// Help for the statement.
pub(super) const HELP: Help = Help {
    name: "ASSERT GET",
    syntax: "ASSERT GET <key> [FOR USER …] … = <value> [REASON '…'] [SEGMENT <s>] [VARIANT '…']",
    summary: "fails unless a key has a value",
    example: "ASSERT GET dark FOR USER 'u1' = TRUE REASON 'TARGETING_MATCH'",
};
