//! Streams: the rows of a query are handed over as they are found.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};
use std::vec;

use super::{Outcome, Session};
use crate::error::{Error, ErrorKind, Note, Result};
use crate::model::{Spanned, Value};
use crate::query::{Column, RowSink};
use crate::script::ScriptStatement;
use crate::statement::Statement;

/// How many rows are handed from one thread to another at once.
const ROWS: usize = 256;

/// How long a row waits at most for others to be handed over with.
const PACE: Duration = Duration::from_millis(10);

/// What a statement gave whose rows may be handed over.
#[derive(Clone, Debug, PartialEq)]
pub enum Streamed {
    /// Its rows were handed over, and this is worth knowing of them.
    Rows(Vec<Note>),
    /// It is no `SELECT`, and gave this.
    Outcome(Outcome),
}

impl Session {
    /// Runs a statement of a script as [`Session::run_parsed`] does, but hands the rows of a `SELECT` over as they are
    /// found: no more of them are held than its plan has to hold.
    ///
    /// All rows are of one instant, whatever is written meanwhile. If the query fails later, the rows before that have been
    /// handed over.
    ///
    /// ```
    /// use std::ops::ControlFlow;
    ///
    /// struct Names(Vec<pcq::Value>);
    ///
    /// impl pcq::RowSink for Names {
    ///     fn begin(&mut self, columns: &[pcq::Column]) {
    ///         assert_eq!(columns[0].name(), "key");
    ///     }
    ///
    ///     fn take(&mut self, row: Vec<pcq::Value>) -> ControlFlow<()> {
    ///         self.0.extend(row);
    ///         ControlFlow::Continue(())
    ///     }
    /// }
    ///
    /// let db = pcq::Database::in_memory()?;
    /// db.execute("CREATE KEY a INTEGER DEFAULT 1; CREATE KEY b INTEGER DEFAULT 2;")?;
    /// let statement = pcq::Script::new(&b"SELECT key FROM keys;"[..]).next().unwrap()?;
    /// let mut names = Names(Vec::new());
    /// let streamed = db.session().stream_parsed(&statement, &mut names)?;
    /// assert_eq!(streamed, pcq::Streamed::Rows(Vec::new()));
    /// assert_eq!(names.0, ["a".into(), "b".into()]);
    /// # Ok::<(), pcq::Error>(())
    /// ```
    pub fn stream_parsed(
        &mut self,
        statement: &ScriptStatement,
        sink: &mut dyn RowSink,
    ) -> Result<Streamed> {
        let Ok(node @ Statement::Select(_)) = statement.result() else {
            return self.run_parsed(statement).map(Streamed::Outcome);
        };
        match self.hand_over(node, || statement.parameters(), sink) {
            Ok(notes) => {
                let notes = notes.into_iter().map(|note| statement.locate_note(note));
                Ok(Streamed::Rows(notes.map(|note| self.conceal_note(note)).collect()))
            }
            Err(error) => Err(self.failed(statement, error)),
        }
    }
}

/// Query that runs on a thread of its own, no further ahead than a few hundred rows.
#[derive(Debug)]
pub(super) struct Stream {
    messages: Option<Receiver<Message>>,
    thread: Option<JoinHandle<()>>,
    is_unwanted: Arc<AtomicBool>,
    /// The rows that were handed over last.
    rows: vec::IntoIter<Vec<Value>>,
    /// What is worth knowing of all of them.
    notes: Vec<Note>,
}

#[derive(Debug)]
enum Message {
    Columns(Vec<Column>),
    Rows(Vec<Vec<Value>>),
    End(Result<Vec<Note>>),
}

impl Stream {
    /// Starts a query, and tells its columns.
    pub(super) fn begin(
        mut session: Session,
        query: Arc<Statement>,
        parameters: Vec<Spanned<Arc<str>>>,
    ) -> Result<(Self, Vec<Column>)> {
        let (sender, messages) = sync_channel(1);
        let is_unwanted = Arc::new(AtomicBool::new(false));
        session.is_unwanted = Some(Arc::clone(&is_unwanted));
        let work = move || {
            let mut sender = Sender { to: sender, rows: Vec::new(), since: Instant::now() };
            let done = session.hand_over(&query, || parameters, &mut sender);
            sender.end(done);
        };
        let thread = thread::Builder::new().name("pcq-query".into()).spawn(work);
        let thread = thread.map_err(|error| ErrorKind::Io {
            path: "a thread".to_owned(),
            message: error.to_string(),
        })?;
        let (messages, thread) = (Some(messages), Some(thread));
        let stream = Self {
            messages,
            thread,
            is_unwanted,
            rows: vec::IntoIter::default(),
            notes: Vec::new(),
        };
        match stream.receive() {
            Message::Columns(columns) => Ok((stream, columns)),
            Message::Rows(_) => Err(Error::bug("rows came before their columns")),
            Message::End(done) => {
                done.and_then(|_| Err(Error::bug("a query ended without columns")))
            }
        }
    }

    /// What is worth knowing of the rows, once all are passed.
    pub(super) fn notes(&self) -> &[Note] {
        &self.notes
    }

    fn receive(&self) -> Message {
        let message = self.messages.as_ref().and_then(|messages| messages.recv().ok());
        message.unwrap_or_else(|| Message::End(Err(Error::bug("a query ended without an end"))))
    }
}

impl Iterator for Stream {
    type Item = Result<Vec<Value>>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(row) = self.rows.next() {
                return Some(Ok(row));
            }
            self.messages.as_ref()?;
            match self.receive() {
                Message::Rows(rows) => self.rows = rows.into_iter(),
                Message::Columns(_) => {}
                Message::End(done) => {
                    self.messages = None;
                    match done {
                        Ok(notes) => self.notes = notes,
                        Err(error) => return Some(Err(error)),
                    }
                }
            }
        }
    }
}

/// It waits until the thread has let go of the store.
impl Drop for Stream {
    fn drop(&mut self) {
        self.is_unwanted.store(true, Ordering::Relaxed);
        self.messages = None;
        let _ = self.thread.take().map(JoinHandle::join); // it has told its error, if it could
    }
}

/// Sender of rows to another thread.
struct Sender {
    to: SyncSender<Message>,
    /// The rows that were not yet sent.
    rows: Vec<Vec<Value>>,
    since: Instant,
}

impl Sender {
    fn send(&mut self, message: Message) -> ControlFlow<()> {
        self.since = Instant::now();
        match self.to.send(message) {
            Ok(()) => ControlFlow::Continue(()),
            Err(_) => ControlFlow::Break(()), // nobody is there any more
        }
    }

    fn send_rows(&mut self) -> ControlFlow<()> {
        if self.rows.is_empty() {
            return ControlFlow::Continue(());
        }
        let rows = std::mem::take(&mut self.rows);
        self.send(Message::Rows(rows))
    }

    fn end(mut self, done: Result<Vec<Note>>) {
        let _ = self.send_rows();
        let _ = self.send(Message::End(done));
    }
}

impl RowSink for Sender {
    fn begin(&mut self, columns: &[Column]) {
        let _ = self.send(Message::Columns(columns.to_vec()));
    }

    fn take(&mut self, row: Vec<Value>) -> ControlFlow<()> {
        self.rows.push(row);
        if self.rows.len() < ROWS && self.since.elapsed() < PACE {
            return ControlFlow::Continue(());
        }
        self.send_rows()
    }
}
