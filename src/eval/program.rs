//! Programs: conditions as flat data, and how they are evaluated.
//!
//! Nodes refer to one another by number, so a program is one list however large the condition is.
//! Evaluation cannot fail: what has no value is `Null`, which as a condition is unknown.

use std::sync::Arc;

use super::evaluator::Evaluator;
use super::field::Field;
use super::finder::Finder;
use super::flow::Flow;
use super::function::Function;
use super::literal::{semver, timestamp, version};
use super::literals::Literals;
use super::lookup::{Bound, Lookup};
use super::measure::Measure;
use super::misfit::Misfit;
#[cfg(test)]
use super::operand::Operand;
use super::operand::Truth;
use super::pattern::Pattern;
use crate::error::Result;
use crate::model::{
    AffixKind, Answer, ArithmeticOp, AttributeName, CompareOp, Datum, DottedVersion, Duration,
    IsWhat, KeyId, KeyType, ListId, Measured, Path, ReadAs, SegmentId, SemanticVersion, Short,
    Span, Timestamp, Value,
};

/// The number of a node.
pub(super) type NodeId = u32;

/// Nodes in a row.
#[derive(Clone, Copy, Debug)]
pub(super) struct Nodes {
    pub(super) start: NodeId,
    pub(super) end: NodeId,
}

impl Nodes {
    /// The numbers of the nodes.
    pub(super) fn ids(self) -> std::ops::Range<NodeId> {
        self.start..self.end
    }
}

/// A literal, read.
#[derive(Clone, Debug)]
pub(super) enum Constant {
    Value(Value),
    Timestamp(Timestamp),
    Duration(Duration),
    Semver(Arc<SemanticVersion>),
    Version(Arc<DottedVersion>),
}

impl Constant {
    /// Reads a text.
    pub(super) fn read(what: ReadAs, text: &str, span: Span) -> Result<Self> {
        Ok(match what {
            ReadAs::Timestamp => Self::Timestamp(timestamp(text, span)?),
            ReadAs::Semver => Self::Semver(Arc::new(semver(text, span)?)),
            ReadAs::Version => Self::Version(Arc::new(version(text, span)?)),
        })
    }
}

/// One step of a program.
#[derive(Clone, Debug)]
pub(super) enum Node {
    Constant(Constant),
    Attribute(Arc<Field>),
    CheckValue(Path),
    Key(KeyId),
    Segment(SegmentId),
    /// Whether the user is in a list.
    List(ListId),
    Element,
    And(Nodes),
    Or(Nodes),
    Not(NodeId),
    Any {
        list: NodeId,
        test: NodeId,
    },
    /// Whether a condition holds of any element of a list, or of every one.
    Each {
        every: bool,
        list: NodeId,
        filter: Arc<Program>,
    },
    Read {
        what: ReadAs,
        operand: NodeId,
    },
    Inside {
        operand: NodeId,
        steps: Path,
    },
    Compare {
        op: CompareOp,
        left: NodeId,
        right: NodeId,
    },
    Is {
        operand: NodeId,
        what: IsWhat,
        negated: bool,
    },
    Between {
        operand: NodeId,
        low: NodeId,
        high: NodeId,
        negated: bool,
    },
    In {
        operand: NodeId,
        items: Nodes,
        negated: bool,
    },
    InLiterals {
        operand: NodeId,
        literals: Arc<Literals>,
        negated: bool,
    },
    /// What stands behind the first part that is true, or equal to the subject if there is one; the last part, if their
    /// number is odd, when there is none.
    Case {
        subject: Option<NodeId>,
        parts: Nodes,
    },
    /// Whether a value is in the answer of a query.
    Among {
        operand: NodeId,
        answer: usize,
        negated: bool,
    },
    Contains {
        operand: NodeId,
        all: bool,
        items: Nodes,
        negated: bool,
    },
    ContainsLiterals {
        operand: NodeId,
        all: bool,
        literals: Arc<Literals>,
        negated: bool,
    },
    Affix {
        operand: NodeId,
        kind: AffixKind,
        items: Nodes,
        negated: bool,
    },
    /// Whether a text begins with one of many; or ends, then the finder has them backwards.
    AffixTexts {
        operand: NodeId,
        kind: AffixKind,
        finder: Arc<Finder>,
        negated: bool,
    },
    Matches {
        operand: NodeId,
        pattern: Arc<Pattern>,
        negated: bool,
    },
    Arithmetic {
        op: ArithmeticOp,
        left: NodeId,
        right: NodeId,
    },
    Negate(NodeId),
    Cast {
        operand: NodeId,
        to: KeyType,
    },
    /// A value as text, an instant too: what a query casts to one.
    Written(NodeId),
    Call {
        function: Box<Function>,
        arguments: Nodes,
    },
    Behaviour(Arc<Measure>),
    /// A node so deep in the condition that its evaluation may need more of the stack.
    Deep(NodeId),
    /// Whether an attribute is a short text: what conditions ask most.
    TextIs {
        field: Arc<Field>,
        text: Short,
        negated: bool,
    },
    /// How an attribute compares with a literal.
    Bounded {
        field: Arc<Field>,
        op: CompareOp,
        bound: Bound,
    },
    /// Whether an attribute is one of short texts, which are sorted.
    TextIn {
        field: Arc<Field>,
        texts: Arc<[Short]>,
        negated: bool,
    },
}

impl Node {
    pub(super) const NULL: Self = Self::Constant(Constant::Value(Value::Null));
}

/// World around a condition, as an evaluation asks it. `'a` is how long its values live.
pub(crate) trait Environment<'a> {
    /// An attribute of the user (a property of an event, a column of a row).
    fn attribute(&self, name: &AttributeName) -> Lookup<'a>;

    /// Why an attribute is taken as missing that is there.
    fn misfit(&self, _name: &AttributeName) -> Option<Misfit> {
        None
    }

    /// The value that the user has for a key.
    fn key_value(&mut self, _key: KeyId) -> &'a Value {
        &NULL
    }

    /// Whether the user is in a segment.
    fn in_segment(&mut self, segment: SegmentId) -> bool {
        segment.is_everyone()
    }

    /// Whether the user is in a list.
    fn in_list(&self, _list: ListId) -> bool {
        false
    }

    /// Number of users in a list; `None` if there is no such list.
    fn list_length(&self, _list: ListId) -> Option<u64> {
        None
    }

    /// Answer of a function over events.
    fn answer(&mut self, measure: &'a Measure) -> Answer<'a> {
        measure.of_nothing()
    }

    /// The same, and how it is found; `None` if there is nobody who did anything.
    fn measured(&mut self, _measure: &'a Measure) -> Option<Measured<'a>> {
        None
    }

    /// The instant of the evaluation.
    fn now(&self) -> Timestamp;

    /// Whether a value is in the answer of a query.
    fn is_among(&self, _value: &Datum, _answer: usize) -> Truth {
        None
    }

    /// What `VALUE` stands for in a `CHECK`.
    fn check_value(&self) -> &'a Value {
        &NULL
    }
}

/// The value of what is missing.
pub(super) static NULL: Value = Value::Null;

/// A condition that can be evaluated.
#[derive(Clone, Debug)]
pub(crate) struct Program {
    /// The last of them is the whole.
    pub(super) nodes: Box<[Node]>,
    pub(super) flow: Flow,
}

impl Program {
    pub(super) fn new(nodes: Vec<Node>) -> Self {
        Self { flow: Flow::new(&nodes), nodes: nodes.into() }
    }

    /// The same program for those who only ask whether the condition is true: without its nodes, if its flow needs
    /// none of them.
    pub(super) fn for_truth(self) -> Self {
        if self.flow.needs_nodes() { self } else { Self { nodes: Box::default(), ..self } }
    }

    /// Whether the condition is true.
    #[inline]
    pub(crate) fn holds<'a, E: Environment<'a>>(&'a self, environment: &mut E) -> bool {
        Evaluator::new(self, environment).holds()
    }

    /// Whether the condition is true, false or unknown.
    pub(crate) fn evaluate<'a, E: Environment<'a>>(&'a self, environment: &mut E) -> Truth {
        Evaluator::new(self, environment).truth(self.root())
    }

    /// The value of the expression, in a row of a query.
    pub(crate) fn datum<'a, E: Environment<'a>>(&'a self, environment: &mut E) -> Datum {
        Evaluator::new(self, environment).value(self.root()).into_datum()
    }

    /// The value of the expression. Instants and durations are their texts; versions are `NULL`, as no value is one.
    #[cfg(test)]
    pub(crate) fn value<'a, E: Environment<'a>>(&'a self, environment: &mut E) -> Value {
        match Evaluator::new(self, environment).value(self.root()) {
            Operand::Timestamp(at) => at.to_string().into(),
            Operand::Duration(duration) => duration.to_text().into(),
            other => other.to_value().unwrap_or_default(),
        }
    }

    #[inline]
    pub(super) fn root(&self) -> NodeId {
        NodeId::try_from(self.nodes.len().saturating_sub(1)).unwrap_or(NodeId::MAX)
    }

    /// The functions over events in it.
    pub(super) fn measures(&self) -> impl Iterator<Item = &Arc<Measure>> {
        self.nodes.iter().filter_map(|node| match node {
            Node::Behaviour(measure) => Some(measure),
            _ => None,
        })
    }

    /// Refuses regexes that are none.
    pub(super) fn check_patterns(&self) -> Result<()> {
        let of_events = self.measures().flat_map(|measure| measure.patterns());
        self.patterns().chain(of_events).try_for_each(|pattern| pattern.check().map(drop))
    }

    /// The nodes, those of conditions over elements too.
    fn all_nodes(&self) -> impl Iterator<Item = &Node> {
        let mut programs = vec![self];
        std::iter::from_fn(move || {
            let program = programs.pop()?;
            programs.extend(program.nodes.iter().filter_map(|node| match node {
                Node::Each { filter, .. } => Some(&**filter),
                _ => None,
            }));
            Some(program.nodes.iter())
        })
        .flatten()
    }

    /// The regexes in it, those in functions over events aside.
    pub(super) fn patterns(&self) -> impl Iterator<Item = &Arc<Pattern>> {
        self.all_nodes().filter_map(|node| match node {
            Node::Matches { pattern, .. } => Some(pattern),
            _ => None,
        })
    }

    /// Whether it asks for the instant of the evaluation.
    pub(super) fn is_timely(&self) -> bool {
        self.all_nodes().any(|node| match node {
            Node::Call { function, .. } => matches!(**function, Function::Now),
            _ => false,
        })
    }

    /// The operands that have nodes of their own, in the order in which they were written.
    pub(super) fn operands(&self, id: NodeId) -> Vec<NodeId> {
        match self.nodes.get(id as usize) {
            Some(Node::Deep(inner)) => self.operands(*inner),
            Some(Node::And(items) | Node::Or(items) | Node::Call { arguments: items, .. }) => {
                items.ids().collect()
            }
            Some(
                Node::Not(a)
                | Node::Negate(a)
                | Node::Written(a)
                | Node::Any { list: a, .. }
                | Node::Each { list: a, .. }
                | Node::Read { operand: a, .. }
                | Node::Inside { operand: a, .. }
                | Node::Is { operand: a, .. }
                | Node::Matches { operand: a, .. }
                | Node::Cast { operand: a, .. }
                | Node::InLiterals { operand: a, .. }
                | Node::Among { operand: a, .. }
                | Node::ContainsLiterals { operand: a, .. }
                | Node::AffixTexts { operand: a, .. },
            ) => vec![*a],
            Some(Node::Compare { left, right, .. } | Node::Arithmetic { left, right, .. }) => {
                vec![*left, *right]
            }
            Some(Node::Between { operand, low, high, .. }) => vec![*operand, *low, *high],
            Some(
                Node::In { operand, items, .. }
                | Node::Contains { operand, items, .. }
                | Node::Affix { operand, items, .. },
            ) => std::iter::once(*operand).chain(items.ids()).collect(),
            Some(Node::Case { subject, parts }) => {
                subject.iter().copied().chain(parts.ids()).collect()
            }
            _ => Vec::new(),
        }
    }
}

/// Whether a value makes the `CHECK` of its key true.
pub(crate) fn passes_check(program: &Program, value: &Value) -> bool {
    program.holds(&mut Alone(value))
}

/// A value with nothing around it.
struct Alone<'a>(&'a Value);

impl<'a> Environment<'a> for Alone<'a> {
    fn attribute(&self, _name: &AttributeName) -> Lookup<'a> {
        Lookup::Missing
    }

    /// A `CHECK` has no `NOW()`, so no instant is ever asked for.
    fn now(&self) -> Timestamp {
        Timestamp::MIN
    }

    fn check_value(&self) -> &'a Value {
        self.0
    }
}
