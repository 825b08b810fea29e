//! Table of statements, and all that is made of its lines.
//!
//! A line is `file: Node(rules of the grammar) => kind of command, role`, in the order of the language reference. The
//! node has `build` from the tree of its rule and a `Display` of its canonical text; a write has `plan`, a record
//! `entry`. The role is the least that a session needs to run it; `own`: the node has a function `role`, for it
//! depends on what the statement says. The file has the `HELP` of its statement, but for what stands in dumps alone,
//! which is the second part of the table.

/// Makes the statements of a table.
macro_rules! statements {
    ({ $($file:ident: $Node:ident($($rule:ident)|+) => $kind:ident, $role:ident;)* } { $($dumped:tt)* }) => {
        /// Help for each statement, in the order of the language reference.
        pub const HELP: &[&Help] = &[$(&$file::HELP),*];

        nodes! { $($file: $Node($($rule)|+) => $kind, $role;)* $($dumped)* }
    };
}

/// Makes the enum of statements, and what it does with the node that a statement is.
macro_rules! nodes {
    ($($file:ident: $Node:ident($($rule:ident)|+) => $kind:ident, $role:ident;)*) => {
        $(pub use $file::$Node;)*

        /// A statement of the language.
        #[derive(Clone, Debug, PartialEq)]
        #[expect(missing_docs, reason = "each variant is documented by its node")]
        pub enum Statement {
            $($Node($Node),)*
        }

        impl Statement {
            /// Kind of command that it is.
            pub(crate) fn kind(&self) -> CommandKind {
                match self {
                    $(Self::$Node(_) => CommandKind::$kind,)*
                }
            }

            /// The least role of a session that may run it.
            #[must_use]
            pub fn role(&self) -> Role {
                match self {
                    $(Self::$Node(node) => role!($role, $Node)(node),)*
                }
            }

            /// Checks it against a state, and gives the command that it is.
            pub(crate) fn check(&self, binder: &Binder<'_>) -> Result<Command<'_>> {
                match self {
                    $(Self::$Node(node) => command!($kind, $Node(node), binder),)*
                }
            }

            /// Builds it from the tree of its rule.
            fn build(node: &Node<'_>) -> Result<Self> {
                match node.rule() {
                    $($(Rule::$rule)|+ => $Node::build(node).map(Self::$Node),)*
                    _ => Err(node.unexpected()),
                }
            }
        }

        /// Writes the statement in its canonical text, without `;`.
        impl fmt::Display for Statement {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self {
                    $(Self::$Node(node) => node.fmt(f),)*
                }
            }
        }

        $(impl From<$Node> for Statement {
            fn from(node: $Node) -> Self {
                Self::$Node(node)
            }
        })*
    };
}

/// Makes the function that gives the role which a node needs.
macro_rules! role {
    (own, $Node:ident) => {
        $Node::role
    };
    ($Role:ident, $Node:ident) => {
        |_: &$Node| Role::$Role
    };
}

/// Makes the command of a node, by its kind.
macro_rules! command {
    (Write, $Node:ident($node:ident), $binder:ident) => {
        $node.plan($binder).map(Command::Write)
    };
    (Record, $Node:ident($node:ident), $binder:ident) => {
        $node.entry($binder).map(Command::Record)
    };
    (Query, $Node:ident($node:ident), $binder:ident) => {
        Ok(Command::Query(Query::$Node($node)))
    };
    (Preview, $Node:ident($node:ident), $binder:ident) => {
        Ok(Command::Preview($node, Vec::new()))
    };
    (Control, $Node:ident($node:ident), $binder:ident) => {
        Ok(Command::Control(Control::$Node($node)))
    };
    (Load, $Node:ident($node:ident), $binder:ident) => {
        Ok(Command::Load($node))
    };
}
