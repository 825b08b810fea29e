//! Answers to what is asked of the shell itself.

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::Path;

use clap::ValueEnum;

use super::dot::{Ask, Setting};
use super::input::is_finished;
use super::{Last, Next, Origin, Shell, help};
use crate::shell::exit::Stop;
use crate::shell::file;
use crate::shell::format::{Format, HELD, Zone};
use crate::shell::gauge::during;
use pcq::{DumpKind, Name, ObjectKind, Parameters, Value};

/// How deep files may read files.
const DEEPEST: usize = 16;

impl Shell<'_> {
    /// Does what is asked of the shell.
    pub(super) fn answer(&mut self, ask: Ask) -> Result<Next, Stop> {
        if self.opener.interactive.safe && ask.reaches_out() {
            self.printer.say(
                "with --safe the shell touches no file but the store, and starts no program",
            )?;
            return Ok(Next::Read);
        }
        match ask {
            Ask::Leave => return Ok(Next::Leave),
            Ask::Help(topic) => {
                let columns = self.printer.columns();
                let text = if topic.is_empty() {
                    help::overview(columns)
                } else {
                    help::about(&topic, columns)
                };
                self.printer.say_all(&text)?;
            }
            Ask::Edit => self.edit(None)?,
            Ask::Watch(every, text) => self.watch(every, &text)?,
            Ask::Statement(text) => self.run(&format!("{text};")).map(drop)?,
            Ask::Show(name) => self.describe(&name)?,
            Ask::Open(path) => self.open(path.as_deref())?,
            Ask::Read(path) => self.read(&path).map(drop)?,
            Ask::Dump(path) => self.dump(path.as_deref())?,
            Ask::Backup(path) => {
                let handle = self.database.progress_handle();
                let done = during(&handle, || self.database.backup(&path));
                self.tell_done(done, &format!("copied the store into {}", path.display()))?;
            }
            Ask::Verify => self.verify()?,
            Ask::Modes => self.say_modes()?,
            Ask::Last => self.say_last()?,
            Ask::Output(None) => self.printer.end_file()?,
            Ask::Output(Some(path)) => self.write_to(&path, false)?,
            Ask::Once(path) => self.write_to(&path, true)?,
            Ask::Parameters => self.say_parameters()?,
            Ask::Zone => {
                let zone = self.printer.zone().map_or("UTC", Zone::name).to_owned();
                self.printer.say(&zone)?;
            }
            Ask::Keys => self.printer.say(self.settings.keys.name())?,
            Ask::Pager => self.say_pager()?,
            Ask::Told(text) => self.printer.tell(&text)?,
            Ask::Set(setting) => self.set(setting),
        }
        Ok(Next::Read)
    }

    /// Changes a setting.
    fn set(&mut self, setting: Setting) {
        match setting {
            Setting::Mode(format) => self.printer.set_format(format),
            Setting::Records => {
                let is_on = self.printer.format() == Format::Record;
                self.printer.set_format(if is_on { Format::Auto } else { Format::Record });
            }
            Setting::Width(width) => self.printer.set_width(width),
            Setting::Null(text) => self.printer.set_null(text),
            Setting::Timer(timer) => self.settings.timer = timer,
            Setting::Echo(echo) => self.settings.echo = echo,
            Setting::Bail(bail) => self.settings.bail = bail,
            Setting::Color(color) => self.settings.color = color,
            Setting::Keys(keys) => self.settings.keys = keys,
            Setting::Zone(zone) => self.printer.set_zone(Some(zone)),
            Setting::Paging(is_on) => {
                self.printer.pager_mut().into_iter().for_each(|pager| pager.turn(is_on));
            }
            Setting::Pager(command) => {
                self.printer.pager_mut().into_iter().for_each(|pager| pager.set_command(&command));
            }
            Setting::Parameter(name, text) => {
                let value = pcq::parse_value(&text).unwrap_or_else(|_| Value::from(text));
                self.parameters.insert(name, value);
                self.give_parameters();
            }
            Setting::NoParameter(name) => {
                self.parameters
                    .retain(|known, _| name.as_deref().is_some_and(|name| name != known));
                self.give_parameters();
            }
        }
    }

    /// Says which pager is used.
    fn say_pager(&mut self) -> Result<(), Stop> {
        let Some(pager) = self.printer.pager_mut() else { return Ok(()) };
        let command = pager.command().map(|command| command.display().to_string());
        Ok(self.printer.say(command.as_deref().unwrap_or("off"))?)
    }

    /// Prints the last table again.
    fn say_last(&mut self) -> Result<(), Stop> {
        match &self.last {
            Last::Rows(rows) => Ok(self.printer.print(rows).map(drop)?),
            Last::None => Ok(self.printer.say("no table was printed yet")?),
            Last::Long => {
                let text = format!("the last table had more than {HELD} rows, which are not kept");
                Ok(self.printer.tell(&text)?)
            }
        }
    }

    fn say_modes(&mut self) -> Result<(), Stop> {
        let current = self.printer.format();
        for format in Format::value_variants() {
            let Some(value) = format.to_possible_value() else { continue };
            let mark = if *format == current { "*" } else { " " };
            let help = value.get_help().map(ToString::to_string).unwrap_or_default();
            self.printer.say(&format!("{mark} {:<8}  {help}", value.get_name()))?;
        }
        Ok(())
    }

    fn say_parameters(&mut self) -> Result<(), Stop> {
        if self.parameters.is_empty() {
            self.printer.say("no parameter has a value; `.param set NAME VALUE` gives one")?;
        }
        for (name, value) in &self.parameters {
            let literal = pcq::model::Literal::from(value.clone());
            self.printer.say(&format!(":{name} = {literal}"))?;
        }
        Ok(())
    }

    /// Gives the session the parameters as they are now.
    pub(super) fn give_parameters(&mut self) {
        let all = self.parameters.iter();
        let all = all
            .fold(Parameters::new(), |all, (name, value)| all.with(name.as_str(), value.clone()));
        self.session.set_parameters(all);
    }

    /// Describes whatever has a name.
    fn describe(&mut self, name: &str) -> Result<(), Stop> {
        let name = name.trim_matches('"').replace("\"\"", "\"");
        let mut found = false;
        for kind in
            [ObjectKind::Key, ObjectKind::Segment, ObjectKind::Config, ObjectKind::Attribute]
        {
            let names = self.database.names(kind);
            let Some(name) = names.iter().find(|known| known.as_str() == name) else { continue };
            found = true;
            self.run(&format!("DESCRIBE {} {name};", kind.to_string().to_uppercase()))?;
        }
        if !found {
            let shown = Name::new(&name).map_or(name, |name| name.to_string());
            self.printer.say(&format!(
                "there is no key, segment, config or attribute {}",
                pcq::Short(&shown)
            ))?;
        }
        Ok(())
    }

    /// Says that something was done, or why it was not.
    fn tell_done(&mut self, done: pcq::Result<()>, text: &str) -> Result<(), Stop> {
        match done {
            Ok(()) => Ok(self.printer.say(text)?),
            Err(error) => {
                self.printer.flush()?;
                self.reporter.tell(None, &error);
                Ok(())
            }
        }
    }

    fn dump(&mut self, path: Option<&Path>) -> Result<(), Stop> {
        let mut text = Vec::new();
        let handle = self.database.progress_handle();
        let dumped = during(&handle, || self.database.dump(&mut text, DumpKind::History));
        if let Err(error) = dumped {
            return self.tell_done(Err(error), "");
        }
        let text = String::from_utf8_lossy(&text);
        let Some(path) = path else { return Ok(self.printer.say_all(&text)?) };
        if let Err(stop) = file::refuse_store(path) {
            stop.told(self.reporter);
            return Ok(());
        }
        match file::write(path, &text) {
            Ok(()) => Ok(self.printer.say(&format!("wrote {}", path.display()))?),
            Err(error) => self.tell_io(path, &error),
        }
    }

    fn tell_io(&mut self, path: &Path, error: &std::io::Error) -> Result<(), Stop> {
        self.printer.flush()?;
        self.reporter.remark(&format!("{}: {error}", path.display()));
        Ok(())
    }

    fn verify(&mut self) -> Result<(), Stop> {
        let handle = self.database.progress_handle();
        let found = match during(&handle, || self.database.verify()) {
            Ok(found) => found,
            Err(error) => return self.tell_done(Err(error), ""),
        };
        for problem in &found.problems {
            self.reporter.remark(problem);
        }
        let count = found.problems.len();
        let text = if found.is_sound() {
            "the store is sound".to_owned()
        } else {
            format!("{count} problem{}", if count == 1 { "" } else { "s" })
        };
        Ok(self.printer.say(&text)?)
    }

    /// Writes tables into a file from now on, or the next one.
    fn write_to(&mut self, path: &Path, is_once: bool) -> Result<(), Stop> {
        if let Err(stop) = file::refuse_store(path) {
            stop.told(self.reporter);
            return Ok(());
        }
        match file::create(path) {
            Ok(file) => Ok(self.printer.begin_file(file, is_once)?),
            Err(error) => self.tell_io(path, &error),
        }
    }

    /// Goes on with another store. The open transaction is rolled back.
    fn open(&mut self, path: Option<&Path>) -> Result<(), Stop> {
        let is_new = path.is_some_and(|path| !path.exists());
        let opened = self.opener.open(path, self.reporter);
        let (database, session) = match opened {
            Ok(opened) => opened,
            Err(stop) => {
                self.printer.flush()?;
                stop.told(self.reporter);
                return Ok(());
            }
        };
        self.take_leave();
        self.opener.listen_to(&database);
        self.session = session;
        self.give_parameters();
        let old = std::mem::replace(&mut self.database, database);
        self.path = path.map(Path::to_owned);
        self.tell_done(old.close(), &self.greeting(is_new))
    }

    /// Runs the statements and commands of a file. Whether it came to its end.
    pub(super) fn read(&mut self, path: &Path) -> Result<bool, Stop> {
        if self.depth >= DEEPEST {
            self.printer.say(&format!("files read files {DEEPEST} deep at most"))?;
            return Ok(false);
        }
        let file = match File::open(path)
            .and_then(|file| fs::metadata(path).map(|found| (file, found)))
        {
            Ok((file, found)) if found.is_file() => file,
            Ok(_) => {
                return self.tell_io(path, &std::io::Error::other("it is no file")).map(|()| false);
            }
            Err(error) => return self.tell_io(path, &error).map(|()| false),
        };
        self.depth += 1;
        let done = self.read_lines(path, &mut BufReader::new(file));
        self.depth -= 1;
        done
    }

    fn read_lines(&mut self, path: &Path, lines: &mut dyn BufRead) -> Result<bool, Stop> {
        let (file, mut first) = (path.display().to_string(), 1);
        let (mut text, mut line) = (String::new(), String::new());
        for number in 1_u32.. {
            line.clear();
            match lines.read_line(&mut line) {
                Ok(0) => break,
                Ok(_) => text.push_str(&line),
                Err(error) => return self.tell_io(path, &error).map(|()| false),
            }
            if !is_finished(text.trim_end_matches(['\r', '\n'])) {
                continue;
            }
            let origin = Origin { file: &file, line: first };
            if !self.take_text(&text, origin)?
                && (self.settings.bail || self.opener.listener.was_asked())
            {
                self.printer.flush()?;
                self.reporter.remark(&format!("{} ended at line {number}", path.display()));
                return Ok(false);
            }
            text.clear();
            first = number.saturating_add(1);
        }
        if text.trim().is_empty() {
            return Ok(true);
        }
        // the last `;` may be left out
        self.take_text(&format!("{text};"), Origin { file: &file, line: first })
    }

    /// Takes a part of a file; whether all of it was done.
    fn take_text(&mut self, text: &str, origin: Origin<'_>) -> Result<bool, Stop> {
        if self.settings.echo && !text.trim().is_empty() {
            self.printer.say(text.trim_end())?;
        }
        match super::dot::ask(text.trim()).filter(|_| !text.trim().contains('\n')) {
            Some(Ask::Read(path)) => self.read(&path),
            Some(Ask::Leave) => Ok(false),
            Some(ask) => self.answer(ask).map(|_| true),
            None => self.run_from(text, Some(origin)),
        }
    }
}
