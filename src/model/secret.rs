//! Secrets: the values of sensitive keys and attributes, and what is shown in their place.

use std::borrow::Cow;
use std::sync::Arc;

use super::{
    Attribute, Catalog, Condition, Expr, ExprKind, KeyId, Literal, Object, Value, WrittenAttribute,
};

/// What is shown in place of a value.
pub(crate) const HIDDEN: &str = "***";

/// Secrets of a catalog, for whoever may not see them: the values of its keys and attributes that are sensitive.
#[derive(Clone, Copy)]
pub(crate) struct Secrets<'c>(Option<&'c Catalog>);

impl<'c> Secrets<'c> {
    /// Secrets of a catalog.
    pub(crate) fn of(catalog: &'c Catalog) -> Self {
        Self(Some(catalog))
    }

    /// No secrets: everything is shown.
    pub(crate) fn none() -> Self {
        Self(None)
    }

    /// Whether the values of a key are hidden.
    pub(crate) fn hide(self, key: KeyId) -> bool {
        self.0.and_then(|catalog| catalog.key(key)).is_some_and(|key| key.sensitive)
    }

    /// Whether the values of the key of a name are hidden.
    pub(crate) fn hide_named(self, name: &str) -> bool {
        self.0.and_then(|catalog| catalog.key_named(name)).is_some_and(|key| key.sensitive)
    }

    /// Whether the values of an attribute are hidden.
    pub(crate) fn hide_attribute(self, name: &str) -> bool {
        let attribute = self.0.and_then(|catalog| catalog.attribute_named(name));
        attribute.is_some_and(|attribute| attribute.sensitive)
    }

    /// A value of a key as it may be shown.
    pub(crate) fn value(self, key: KeyId, value: &Value) -> Value {
        if self.hide(key) { Value::from(HIDDEN) } else { value.clone() }
    }

    /// A value of a key as it may be written.
    pub(crate) fn literal(self, key: KeyId, value: &Value) -> Literal {
        if self.hide(key) { Literal::hidden() } else { Literal::Value(value.clone()) }
    }

    /// The text of the condition of a segment as it may be shown.
    pub(crate) fn condition(self, condition: &Condition) -> Arc<str> {
        // most conditions ask for neither, and need not be read for that
        if !self.may_concern(condition.text()) {
            return Arc::clone(condition.text());
        }
        condition.look(|expr| match self.expr(expr) {
            Cow::Borrowed(_) => Arc::clone(condition.text()),
            Cow::Owned(expr) => expr.to_string().into(),
        })
    }

    /// Whether the text of a condition may be about a secret.
    fn may_concern(self, text: &str) -> bool {
        let Some(catalog) = self.0 else { return false };
        let mut attributes = catalog.attributes().filter(|attribute| attribute.sensitive);
        let is_named = |attribute: &Arc<Attribute>| {
            text.contains(&WrittenAttribute(&attribute.name).to_string())
        };
        text.contains("KEY(") || attributes.any(is_named)
    }

    /// What is known of a user as it may be shown.
    pub(crate) fn profile(self, mut attributes: Object) -> Object {
        let Some(catalog) = self.0 else { return attributes };
        for attribute in catalog.attributes().filter(|attribute| attribute.sensitive) {
            if let Some(value) = attributes.get_mut(attribute.name.as_str()) {
                *value = Value::from(HIDDEN);
            }
        }
        attributes
    }

    /// Whether a text of JSON, such as one of attributes, has a member that is called like a sensitive attribute.
    pub(crate) fn hide_members(self, json: &str) -> bool {
        let Some(catalog) = self.0 else { return false };
        let mut attributes = catalog.attributes().filter(|attribute| attribute.sensitive);
        attributes.any(|attribute| json.contains(attribute.name.as_str()) || json.contains('\\'))
    }

    /// The text of the `CHECK` of a key as it may be shown.
    pub(crate) fn check(self, key: KeyId, check: &Condition) -> Arc<str> {
        if self.hide(key) { check_text(check) } else { Arc::clone(check.text()) }
    }

    /// The `CHECK` of a key as it may be shown.
    pub(crate) fn check_expr(self, key: KeyId, check: &Condition) -> Expr {
        if self.hide(key) { hidden_check(check) } else { check.expr().clone() }
    }

    /// The `CHECK` of an attribute as it may be shown.
    pub(crate) fn attribute_check(self, attribute: &Attribute, check: &Condition) -> Expr {
        if self.hide_attribute(attribute.name.as_str()) {
            hidden_check(check)
        } else {
            check.expr().clone()
        }
    }

    /// An expression as it may be shown: what it compares with a value that is hidden may be that value.
    pub(crate) fn expr(self, expr: &Expr) -> Cow<'_, Expr> {
        if !self.concern(expr) {
            return Cow::Borrowed(expr);
        }
        let mut shown = expr.clone();
        hide_tests(&mut shown, &|part| self.hide_part(part));
        Cow::Owned(shown)
    }

    /// Whether an expression asks for a value that is hidden.
    pub(crate) fn concern(self, expr: &Expr) -> bool {
        self.0.is_some() && has(expr, &|part| self.hide_part(part))
    }

    fn hide_part(self, part: &ExprKind) -> bool {
        match part {
            ExprKind::Key(name) => self.hide_named(name.node.as_str()),
            ExprKind::Attribute(path) => path.first().is_some_and(|name| self.hide_attribute(name)),
            _ => false,
        }
    }
}

/// The text of the `CHECK` of a sensitive key.
pub(crate) fn check_text(check: &Condition) -> Arc<str> {
    hidden_check(check).to_string().into()
}

/// The `CHECK` of a sensitive key: what it compares its values with may be one.
fn hidden_check(check: &Condition) -> Expr {
    let mut shown = check.expr().clone();
    hide_tests(&mut shown, &|part| matches!(part, ExprKind::CheckValue(_)));
    shown
}

/// Whether a part of an expression, or the whole, is such a one.
fn has(expr: &Expr, is: &dyn Fn(&ExprKind) -> bool) -> bool {
    let mut todo = vec![expr];
    while let Some(expr) = todo.pop() {
        if is(&expr.node) {
            return true;
        }
        todo.extend(expr.node.operands());
    }
    false
}

/// Hides the literals of the tests that ask for a secret.
fn hide_tests(expr: &mut Expr, is_secret: &dyn Fn(&ExprKind) -> bool) {
    let mut todo = vec![expr];
    while let Some(expr) = todo.pop() {
        if matches!(expr.node, ExprKind::And(_) | ExprKind::Or(_) | ExprKind::Not(_)) {
            todo.extend(expr.node.operands_mut());
        } else if has(expr, is_secret) {
            hide_literals(expr);
        }
    }
}

fn hide_literals(expr: &mut Expr) {
    let mut todo = vec![expr];
    while let Some(expr) = todo.pop() {
        match &mut expr.node {
            ExprKind::Literal(literal) => *literal = Literal::hidden(),
            ExprKind::Matches { pattern, .. } => pattern.node = Literal::hidden(),
            // it compares elements of what is hidden
            ExprKind::Each { filter, .. } => hide_literals(filter),
            _ => {}
        }
        todo.extend(expr.node.operands_mut());
    }
}

impl Literal {
    /// Literal in place of one that is not shown. It stands in texts for people; nothing reads it back, so that
    /// nobody stores it in place of what it hides.
    pub(crate) fn hidden() -> Self {
        Self::Parameter(HIDDEN.into())
    }
}
