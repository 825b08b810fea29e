//! Consent: a person at a terminal is asked before what others would notice.

use pcq::statement::{Effect, Operation, Target};
use pcq::{Name, ObjectKind, Outcome, Rows, ScriptStatement, Statement, Value};

use super::Shell;
use crate::shell::exit::Stop;

impl Shell<'_> {
    /// Whether a statement may be run. It is said before what it would do; nobody is asked in files.
    pub(super) fn agrees(&mut self, statement: &ScriptStatement) -> Result<bool, Stop> {
        let Ok(node) = statement.result() else { return Ok(true) };
        if self.depth > 0 || self.opener.interactive.yes {
            return Ok(true);
        }
        if self.session.in_transaction() {
            return self.agrees_to_end(node);
        }
        let is_asked = matches!(
            node,
            Statement::Archive(_)
                | Statement::Publish(_)
                | Statement::Revert(_)
                | Statement::ForgetUser(_)
        );
        // an error comes again when it is run
        let outcome = is_asked.then(|| self.session.preview(statement).ok()).flatten();
        let Some(outcome) = outcome else { return Ok(true) };
        let Some(effect) = outcome.effect().filter(|effect| is_weighty(effect)) else {
            return Ok(true);
        };
        let question = self.show_change(effect)?;
        self.printer.flush()?;
        outcome.notes().iter().for_each(|note| self.reporter.note(None, note));
        self.told = outcome.notes().to_vec();
        self.line.ask(&question)
    }

    /// Whether the open transaction may be committed, if a statement is to do that.
    fn agrees_to_end(&mut self, statement: &Statement) -> Result<bool, Stop> {
        if self.weighty.is_empty() || !matches!(statement, Statement::Commit(_)) {
            return Ok(true);
        }
        for done in &self.weighty {
            self.printer.say(done)?;
        }
        self.printer.flush()?;
        self.line.ask("commit this?")
    }

    /// Remembers what the open transaction did that others would notice.
    pub(super) fn remember(&mut self, outcome: &Outcome) {
        if !self.session.in_transaction() {
            self.weighty.clear();
        } else if let Some(effect) = outcome.effect().filter(|effect| is_weighty(effect)) {
            self.weighty.push(effect.to_string());
        }
    }

    /// Shows what would change, and says what to ask.
    fn show_change(&mut self, effect: &Effect) -> Result<String, Stop> {
        match (effect.target(), effect.version()) {
            (Target::Object(ObjectKind::Config, name), Some(version)) => {
                let live = self.live(name).filter(|live| i64::from(version) != *live);
                if let Some(live) = live {
                    self.show_table(&format!("DIFF CONFIG {name} VERSION {live} TO {version}"))?;
                }
                let instead = live.map(|live| format!(" in place of version {live}"));
                let instead = instead.unwrap_or_default();
                Ok(format!("make version {version} of config {name} live{instead}?"))
            }
            (Target::Object(ObjectKind::Config, name), None) => {
                let live = self.live(name).map(|live| format!(", version {live} of which is live"));
                Ok(format!("archive config {name}{}?", live.unwrap_or_default()))
            }
            (Target::User(id), _) => {
                let id = id.replace('\'', "''");
                self.show_table(&format!("SHOW USERS WHERE user_id = '{id}'"))?;
                Ok(format!("forget {} for good?", effect.target()))
            }
            (target, _) => Ok(format!("archive {target}?")),
        }
    }

    /// The version of a config that is live.
    fn live(&mut self, config: &Name) -> Option<i64> {
        let name = config.as_str().replace('\'', "''");
        let rows = self.table(&format!("SHOW CONFIGS WHERE config = '{name}'"))?;
        rows.value(0, "live").and_then(Value::as_integer)
    }

    fn show_table(&mut self, query: &str) -> Result<(), Stop> {
        self.table(query)
            .filter(|rows| !rows.is_empty())
            .map_or(Ok(()), |rows| self.printer.print(&rows).map_err(Stop::from))
    }

    fn table(&mut self, query: &str) -> Option<Rows> {
        self.session.execute(query).ok()?.first()?.rows().cloned()
    }
}

/// Whether others would notice that something was done.
fn is_weighty(effect: &Effect) -> bool {
    matches!(
        effect.operation(),
        Operation::Archived
            | Operation::Forgot
            | Operation::Published { .. }
            | Operation::WentBack { .. }
    )
}
