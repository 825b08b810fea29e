//! Deep and long conditions on a small stack.

use super::super::Snapshot;
use super::*;
use crate::model::{Change, Condition, Segment, SegmentId, VersionReader};
use std::sync::Arc;

/// Runs a test on a thread with 2 MiB of stack.
fn on_small_stack(run: impl FnOnce() + Send + 'static) {
    std::thread::Builder::new().stack_size(2 << 20).spawn(run).unwrap().join().unwrap();
}

#[test]
fn nesting_to_the_limit_needs_little_stack() {
    on_small_stack(|| {
        let user = Context::new("u").with("a", true).with("n", 1);
        let nested = |make: &dyn Fn(Expr) -> Expr, leaf: Expr| (0..128).fold(leaf, |e, _| make(e));
        assert_eq!(holds(&nested(&not, attr("a")), &user), Some(true));
        let between = |e: Expr| {
            expr(ExprKind::Between {
                operand: boxed(e),
                low: boxed(lit(false)),
                high: boxed(lit(true)),
                negated: false,
            })
        };
        assert_eq!(holds(&nested(&between, attr("a")), &user), Some(true));
        let choose = |e: Expr| call("IF", vec![attr("a"), e, lit(false)]);
        assert_eq!(holds(&nested(&choose, attr("a")), &user), Some(true));
        let sum = nested(&|e| call("ABS", vec![calc(ArithmeticOp::Add, e, lit(1))]), attr("n"));
        assert_eq!(value_for(&sum, &user), Value::Integer(129));
    });
}

#[test]
fn trees_too_deep_for_the_stack_are_refused() {
    on_small_stack(|| {
        let deep = (0..1000).fold(attr("a"), |e, _| not(e));
        assert_eq!(code(&deep), "limit");
    });
}

struct NoVersions;

impl VersionReader for NoVersions {
    fn version(
        &self,
        _: crate::model::ConfigId,
        _: u32,
    ) -> crate::Result<Option<Arc<crate::model::Version>>> {
        Ok(None)
    }
}

/// Each segment asks for the one before it twice: without memory that takes 2^500 steps.
#[test]
fn chains_are_linear_and_need_little_stack() {
    on_small_stack(|| {
        let mut catalog = Catalog::default();
        for i in 1..=500_u32 {
            let before = || in_segment(&format!("s{}", i - 1));
            let condition =
                if i == 1 { attr("a") } else { expr(ExprKind::And(vec![before(), before()])) };
            let segment = Segment {
                id: SegmentId(i),
                name: Name::new(format!("s{i}")).unwrap(),
                condition: Condition::new(condition),
                description: None,
                archived: false,
                version: 1,
            };
            let change = Change::Segment(Arc::new(segment));
            catalog.apply(&[change], Timestamp::MIN, &NoVersions).unwrap();
        }
        let snapshot = Snapshot::uncounted(&catalog);
        let program = compile(&in_segment("s500"), &CatalogScope(&catalog)).unwrap();
        let is_in = |a| snapshot.holds(&program, &Context::new("u").with("a", a), Timestamp::MIN);
        assert_eq!(is_in(true), Some(true));
        assert_eq!(is_in(false), Some(false));
    });
}
