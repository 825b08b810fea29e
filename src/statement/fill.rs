//! Filling in: values in place of the parameters of a statement, so that its text is one of its own.

use std::borrow::Cow;

use super::{
    Action, AlterConfig, Archive, ArmSpec, CellSpec, CellsSpec, ColumnSpec, CreateAttribute,
    CreateConfig, CreateKey, CreateSegment, Disable, Parameters, Publish, RolloutSpec, RowSpec,
    SplitSpec,
};
use crate::error::Result;
use crate::model::{Expr, Given, Instant, Literal, Share, Spanned};

/// What may have parameters in it.
pub(crate) trait Fill {
    /// Puts values in their place.
    fn fill(&mut self, with: &Parameters) -> Result<()>;
}

impl<T: Fill> Fill for Option<T> {
    fn fill(&mut self, with: &Parameters) -> Result<()> {
        self.iter_mut().try_for_each(|part| part.fill(with))
    }
}

impl<T: Fill> Fill for Vec<T> {
    fn fill(&mut self, with: &Parameters) -> Result<()> {
        self.iter_mut().try_for_each(|part| part.fill(with))
    }
}

// -- what a parameter stands for

impl Fill for Spanned<Literal> {
    fn fill(&mut self, with: &Parameters) -> Result<()> {
        if let Literal::Parameter(_) = self.node {
            self.node = Literal::Value(with.resolve(self)?);
        }
        Ok(())
    }
}

impl Fill for Spanned<Given<Share>> {
    fn fill(&mut self, with: &Parameters) -> Result<()> {
        self.node = with.share(self)?.into();
        Ok(())
    }
}

impl Fill for Spanned<Given<u64>> {
    fn fill(&mut self, with: &Parameters) -> Result<()> {
        self.node = with.whole(self)?.node.into();
        Ok(())
    }
}

impl Fill for Spanned<Instant> {
    fn fill(&mut self, with: &Parameters) -> Result<()> {
        match &mut self.node {
            Instant::Text(text) => {
                let mut filled = Spanned::new(text.clone(), self.span);
                filled.fill(with)?;
                *text = filled.node;
            }
            Instant::Now => {}
            Instant::After(length) | Instant::Before(length) => {
                length.node = with.duration(length)?.into();
            }
        }
        Ok(())
    }
}

impl Fill for Expr {
    fn fill(&mut self, with: &Parameters) -> Result<()> {
        if let Cow::Owned(bound) = with.bind(self)? {
            *self = bound;
        }
        Ok(())
    }
}

// -- parts of configs

impl Fill for RolloutSpec {
    fn fill(&mut self, with: &Parameters) -> Result<()> {
        self.share.fill(with)
    }
}

impl Fill for RowSpec {
    fn fill(&mut self, with: &Parameters) -> Result<()> {
        self.rollout.fill(with)?;
        self.salt.fill(with)
    }
}

impl Fill for ColumnSpec {
    fn fill(&mut self, with: &Parameters) -> Result<()> {
        match &mut self.cells {
            CellsSpec::Blank => Ok(()),
            CellsSpec::All(cell) => cell.fill(with),
            CellsSpec::Some(cells) => cells.iter_mut().try_for_each(|(_, cell)| cell.fill(with)),
        }
    }
}

impl Fill for CellSpec {
    fn fill(&mut self, with: &Parameters) -> Result<()> {
        match self {
            Self::Value(value) => value.fill(with),
            Self::Split(split) => split.node.fill(with),
        }
    }
}

impl Fill for SplitSpec {
    fn fill(&mut self, with: &Parameters) -> Result<()> {
        self.arms.fill(with)
    }
}

impl Fill for ArmSpec {
    fn fill(&mut self, with: &Parameters) -> Result<()> {
        self.share.fill(with)?;
        self.value.fill(with)
    }
}

impl Fill for Spanned<Action> {
    fn fill(&mut self, with: &Parameters) -> Result<()> {
        match &mut self.node {
            Action::SetDescription(text) => text.fill(with),
            Action::SetSegments(rows) => rows.fill(with),
            Action::AddSegment { row, .. } => row.fill(with),
            Action::SetRollout { rollout, .. } => rollout.fill(with),
            Action::AddKey(column) | Action::SetKey(column) => column.fill(with),
            Action::Rename(_)
            | Action::MoveSegment { .. }
            | Action::DropSegment(_)
            | Action::DropKey(_) => Ok(()),
        }
    }
}

// -- statements

impl Fill for CreateAttribute {
    fn fill(&mut self, with: &Parameters) -> Result<()> {
        self.check.fill(with)?;
        self.description.fill(with)
    }
}

impl Fill for CreateKey {
    fn fill(&mut self, with: &Parameters) -> Result<()> {
        self.default.fill(with)?;
        self.check.fill(with)?;
        self.description.fill(with)
    }
}

impl Fill for CreateSegment {
    fn fill(&mut self, with: &Parameters) -> Result<()> {
        self.description.fill(with)?;
        self.condition.fill(with)
    }
}

impl Fill for CreateConfig {
    fn fill(&mut self, with: &Parameters) -> Result<()> {
        self.description.fill(with)?;
        self.rows.fill(with)?;
        self.columns.fill(with)
    }
}

impl Fill for AlterConfig {
    fn fill(&mut self, with: &Parameters) -> Result<()> {
        self.if_version.fill(with)?;
        self.actions.fill(with)
    }
}

impl Fill for Publish {
    fn fill(&mut self, with: &Parameters) -> Result<()> {
        self.version.fill(with)?;
        self.at.fill(with)?;
        self.until.fill(with)?;
        self.comment.fill(with)
    }
}

impl Fill for Disable {
    fn fill(&mut self, with: &Parameters) -> Result<()> {
        self.comment.fill(with)
    }
}

impl Fill for Archive {
    fn fill(&mut self, with: &Parameters) -> Result<()> {
        self.comment.fill(with)
    }
}
