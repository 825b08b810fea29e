//! Consent: a person at a terminal is asked before what others would notice.

use pcq::model::Literal;
use pcq::statement::{Effect, Operation, Preview, Target};
use pcq::{
    Name, Note, NoteCode, NoteKind, ObjectKind, Outcome, Rows, ScriptStatement, Statement, Value,
};

use super::Shell;
use crate::shell::exit::Stop;
use crate::shell::prose::wrapped;

/// Of how many users at most it is told who would get other values: they are gone through in a moment.
const FEW_USERS: i64 = 20_000;

/// How many rows of that are shown.
const SHOWN: u64 = 8;

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
        // an error comes again when it is run
        let outcome = may_be_weighty(node).then(|| self.session.dry_run(statement).ok()).flatten();
        let Some(outcome) = outcome else { return Ok(true) };
        match self.question(&outcome) {
            Ok(None) => Ok(true),
            Ok(Some(question)) => {
                self.show_preview(node)?;
                self.printer.flush()?;
                outcome.notes().iter().for_each(|note| self.reporter.note(None, note));
                self.told = outcome.notes().to_vec();
                self.confirm(&question)
            }
            // who cannot be shown what would change is not asked for it
            Err(stop @ Stop::Error { .. }) => {
                self.printer.flush()?;
                stop.told(self.reporter);
                Ok(false)
            }
            Err(stop) => Err(stop),
        }
    }

    /// Shows what would change, and says what to ask, if others would notice.
    fn question(&mut self, outcome: &Outcome) -> Result<Option<String>, Stop> {
        let Some(effect) = outcome.effect() else { return Ok(None) };
        if !self.is_weighty(effect, outcome)? {
            return Ok(None);
        }
        self.show_change(effect).map(Some)
    }

    /// Shows who would get other values, if the users are few enough to be looked at while somebody waits.
    fn show_preview(&mut self, statement: &Statement) -> Result<(), Stop> {
        let count = self.table("SHOW COUNT OF USERS")?;
        let count = count.and_then(|rows| rows.value(0, "count")?.as_integer()).unwrap_or_default();
        if !(1..=FEW_USERS).contains(&count) {
            return Ok(());
        }
        let preview = Statement::from(Preview::of(statement.clone()).limit(SHOWN));
        // what makes no revision has none
        let Ok(Outcome::Rows(rows)) = self.session.run(&preview) else { return Ok(()) };
        if !rows.is_empty() {
            self.printer.print(&rows)?;
        }
        let changes = |note: &&Note| matches!(note.kind(), NoteKind::WouldChange { .. });
        match rows.notes().iter().find(changes) {
            Some(note) => Ok(self.printer.tell(&format!("of all users: {note}"))?),
            None => Ok(()),
        }
    }

    /// Whether the open transaction may be committed, if a statement is to do that.
    fn agrees_to_end(&mut self, statement: &Statement) -> Result<bool, Stop> {
        if self.weighty.is_empty() || !matches!(statement, Statement::Commit(_)) {
            return Ok(true);
        }
        for done in &self.weighty {
            self.printer.say(done)?;
        }
        self.confirm("commit this?")
    }

    /// Asks a question, all but the last line of which is no prompt.
    fn confirm(&mut self, question: &str) -> Result<bool, Stop> {
        const ANSWER: usize = " [y/N] y".len();
        let text = wrapped(question, self.printer.columns().saturating_sub(ANSWER));
        let (above, last) = text.rsplit_once('\n').unwrap_or(("", &text));
        if !above.is_empty() {
            self.printer.say(above)?;
        }
        self.printer.flush()?;
        self.line.ask(last)
    }

    /// Remembers what the open transaction did that others would notice.
    pub(super) fn remember(&mut self, outcome: &Outcome) -> Result<(), Stop> {
        if !self.session.in_transaction() {
            self.weighty.clear();
        } else if let Some(effect) = outcome.effect()
            && self.is_weighty(effect, outcome)?
        {
            self.weighty.push(effect.to_string());
        }
        Ok(())
    }

    /// Whether others would notice that something is done.
    fn is_weighty(&mut self, effect: &Effect, outcome: &Outcome) -> Result<bool, Stop> {
        let is_in_force =
            outcome.notes().iter().any(|note| note.kind().code() == NoteCode::InForce);
        Ok(match (effect.operation(), effect.target()) {
            (
                Operation::Archived
                | Operation::Forgot
                | Operation::Published { .. }
                | Operation::WentBack { .. },
                _,
            ) => true,
            (
                Operation::Disabled | Operation::Enabled | Operation::Restored,
                Target::Object(ObjectKind::Config, name),
            ) => self.live(name)?.is_some(),
            _ => is_in_force,
        })
    }

    /// Shows what would change, and says what to ask.
    fn show_change(&mut self, effect: &Effect) -> Result<String, Stop> {
        let target = effect.target();
        match (effect.operation(), target) {
            (_, Target::User(id)) => {
                let id = Literal::from(id.clone());
                self.show_table(&format!("SHOW USERS WHERE \"user\" = {id}"))?;
                Ok(format!("forget {target} for good?"))
            }
            (operation, Target::Object(ObjectKind::Config, name)) => {
                let live = self.live(name)?;
                if let Some(version) = effect.version() {
                    return self.show_difference(name, version, live);
                }
                let of = live.map(|live| format!(", version {live} of which is live"));
                Ok(format!("{} {target}{}?", verb(operation), of.unwrap_or_default()))
            }
            (Operation::Archived, _) => Ok(format!("archive {target}?")),
            (operation, _) => Ok(format!("{} {target} in live configs, at once?", verb(operation))),
        }
    }

    fn show_difference(
        &mut self,
        config: &Name,
        version: u32,
        live: Option<i64>,
    ) -> Result<String, Stop> {
        let live = live.filter(|live| i64::from(version) != *live);
        if let Some(live) = live {
            self.show_table(&format!("DIFF CONFIG {config} VERSION {live} TO {version}"))?;
        }
        let instead = live.map(|live| format!(" in place of version {live}"));
        let instead = instead.unwrap_or_default();
        Ok(format!("make version {version} of config {config} live{instead}?"))
    }

    /// The version of a config that is live, or would be if the config was neither disabled nor archived.
    fn live(&mut self, config: &Name) -> Result<Option<i64>, Stop> {
        let query = format!("SHOW VERSIONS OF CONFIG {config} WHERE status = 'live'");
        let rows = self.table(&query)?;
        Ok(rows.and_then(|rows| rows.value(0, "version").and_then(Value::as_integer)))
    }

    fn show_table(&mut self, query: &str) -> Result<(), Stop> {
        let rows = self.table(query)?.filter(|rows| !rows.is_empty());
        rows.map_or(Ok(()), |rows| self.printer.print(&rows).map(drop).map_err(Stop::from))
    }

    fn table(&mut self, query: &str) -> Result<Option<Rows>, Stop> {
        let outcomes = self.session.execute(query).map_err(Stop::failed)?;
        Ok(outcomes.first().and_then(Outcome::rows).cloned())
    }
}

/// Whether others may notice what a statement does.
fn may_be_weighty(statement: &Statement) -> bool {
    matches!(
        statement,
        Statement::Archive(_)
            | Statement::Restore(_)
            | Statement::Publish(_)
            | Statement::Revert(_)
            | Statement::Disable(_)
            | Statement::Enable(_)
            | Statement::ForgetUser(_)
            | Statement::CreateKey(_)
            | Statement::AlterKey(_)
            | Statement::CreateSegment(_)
            | Statement::AlterSegment(_)
            | Statement::CreateAttribute(_)
            | Statement::AlterAttribute(_)
            | Statement::AlterAttributes(_)
    )
}

/// What is asked about an operation on an object.
fn verb(operation: &Operation) -> &'static str {
    match operation {
        Operation::Archived => "archive",
        Operation::Restored => "restore",
        Operation::Disabled => "disable",
        Operation::Enabled => "enable",
        Operation::Created => "create",
        _ => "change",
    }
}
