//! The rules of the grammar, and how each reads to people.

use std::borrow::Cow;

/// The parser that is made of the grammar.
#[derive(pest_derive::Parser)]
#[grammar = "../grammar/pcq.pest"]
pub(super) struct Grammar;

/// How a rule reads in "expected …".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reading {
    /// As these words.
    Is(&'static str),
    /// As its own word in capitals.
    Keyword,
    /// As one of many operators.
    Operator,
    /// As one of many things that an operand can be.
    Operand,
    /// It is never expected by itself.
    Nothing,
}

impl Rule {
    /// How the rule reads: every rule is here, so that none is added without a thought for that.
    #[expect(clippy::too_many_lines, reason = "a table")]
    pub(super) fn reading(self) -> Reading {
        match self {
            Rule::block => Reading::Is("a comment"),
            Rule::identifier | Rule::quoted | Rule::simple | Rule::name | Rule::step => {
                Reading::Is("a name")
            }
            Rule::reserved => Reading::Is("a reserved word"),
            Rule::path | Rule::setting => Reading::Is("an attribute"),
            Rule::integer => Reading::Is("a whole number"),
            Rule::number => Reading::Is("a number"),
            Rule::string => Reading::Is("a text in single quotes"),
            Rule::parameter => Reading::Is("a parameter"),
            Rule::share => Reading::Is("a percentage"),
            Rule::duration => Reading::Is("a duration"),
            Rule::unit => Reading::Is("`SECONDS`, `MINUTES`, `HOURS`, `DAYS` or `WEEKS`"),
            Rule::json => Reading::Is("JSON"),
            Rule::literal => Reading::Is("a literal"),
            Rule::timestamp => Reading::Is("a timestamp in single quotes"),
            Rule::lparen | Rule::check | Rule::group => Reading::Is("`(`"),
            Rule::rparen => Reading::Is("`)`"),
            Rule::comma => Reading::Is("`,`"),
            Rule::dot => Reading::Is("`.`"),
            Rule::colon => Reading::Is("`:`"),
            Rule::percent => Reading::Is("`%`"),
            Rule::equals => Reading::Is("`=`"),
            Rule::minus => Reading::Is("`-`"),
            Rule::statement => Reading::Is("a statement"),
            Rule::kind => Reading::Is("`KEY`, `SEGMENT` or `CONFIG`"),
            Rule::create_key | Rule::alter_key | Rule::columns | Rule::load_key => {
                Reading::Is("`KEY`")
            }
            Rule::key_type => {
                Reading::Is("a type (`BOOLEAN`, `INTEGER`, `DOUBLE`, `STRING`, `JSON`)")
            }
            Rule::change_set => Reading::Is("`SET`"),
            Rule::change_drop => Reading::Is("`DROP`"),
            Rule::archive => Reading::Is("`ARCHIVE`"),
            Rule::restore => Reading::Is("`RESTORE`"),
            Rule::create_segment | Rule::alter_segment | Rule::load_segment => {
                Reading::Is("`SEGMENT`")
            }
            Rule::create_config
            | Rule::alter_config
            | Rule::get_config
            | Rule::load_config
            | Rule::stats_config => Reading::Is("`CONFIG`"),
            Rule::rows | Rule::row | Rule::value_of | Rule::some_rows | Rule::some_value => {
                Reading::Is("a segment")
            }
            Rule::column | Rule::set_key | Rule::get_keys => Reading::Is("a key"),
            Rule::values | Rule::some_values => Reading::Is("`VALUES`"),
            Rule::split => Reading::Is("`SPLIT`"),
            Rule::arm => Reading::Is("an arm"),
            Rule::action => Reading::Is("an action"),
            Rule::set_description => Reading::Is("`DESCRIPTION`"),
            Rule::set_segments => Reading::Is("`SEGMENTS`"),
            Rule::set_rollout => Reading::Is("`ROLLOUT`"),
            Rule::position => Reading::Is("`FIRST`, `LAST`, `BEFORE` or `AFTER`"),
            Rule::publish => Reading::Is("`PUBLISH`"),
            Rule::revert => Reading::Is("`REVERT`"),
            Rule::cancel | Rule::load_cancel => Reading::Is("`CANCEL`"),
            Rule::disable => Reading::Is("`DISABLE`"),
            Rule::enable => Reading::Is("`ENABLE`"),
            Rule::set_user => Reading::Is("`USER`"),
            Rule::track => Reading::Is("`TRACK`"),
            Rule::forget_user => Reading::Is("`FORGET`"),
            Rule::alter_event | Rule::load_keep => Reading::Is("`EVENT` or `EVENTS`"),
            Rule::get | Rule::assert_get => Reading::Is("`GET`"),
            Rule::explain => Reading::Is("`EXPLAIN`"),
            Rule::get_all => Reading::Is("`ALL`"),
            Rule::for_user => Reading::Is("`FOR`"),
            Rule::with => Reading::Is("`WITH`"),
            Rule::as_of => Reading::Is("`AS`"),
            Rule::under => Reading::Is("`UNDER`"),
            Rule::condition | Rule::comparison | Rule::event_where | Rule::columns_where => {
                Reading::Is("a condition")
            }
            Rule::list => Reading::Is("a list in parentheses"),
            Rule::sum => Reading::Is("an operand"),
            Rule::cast_type => Reading::Is("`BOOLEAN`, `INTEGER`, `DOUBLE` or `STRING`"),
            Rule::function => Reading::Is("a function"),
            Rule::window => Reading::Is("a window (`WITHIN`, `SINCE`, `FROM`)"),
            Rule::show_table | Rule::table => Reading::Is(
                "a table (`KEYS`, `SEGMENTS`, `CONFIGS`, `SCHEDULE`, `USERS`, `EVENTS`, `RETENTION`)",
            ),
            Rule::show_versions => Reading::Is("`VERSIONS`"),
            Rule::show_history => Reading::Is("`HISTORY`"),
            Rule::order => Reading::Is("a column"),
            Rule::describe => Reading::Is("`DESCRIBE`"),
            Rule::diff => Reading::Is("`DIFF`"),
            Rule::show_stats => Reading::Is("`STATS`"),
            Rule::begin => Reading::Is("`BEGIN`"),
            Rule::commit => Reading::Is("`COMMIT`"),
            Rule::rollback => Reading::Is("`ROLLBACK`"),
            Rule::set_actor => Reading::Is("`ACTOR`"),
            Rule::set_comment => Reading::Is("`COMMENT`"),
            Rule::set_clock => Reading::Is("`CLOCK`"),
            Rule::assert_error => Reading::Is("`ERROR`"),
            Rule::advance_clock => Reading::Is("`ADVANCE`"),
            Rule::load_store => Reading::Is("`STORE`"),
            Rule::load_revision => Reading::Is("`REVISION`"),
            Rule::load_salt => Reading::Is("`SALT`"),
            Rule::load_version => Reading::Is("`VERSION`"),
            Rule::load_publication => Reading::Is("`PUBLICATION`"),
            Rule::load_list => Reading::Is("`LIST`"),
            Rule::load_end => Reading::Is("`END`"),
            Rule::EOI => Reading::Is("the end of the statement"),
            Rule::compare
            | Rule::compare_op
            | Rule::is
            | Rule::test
            | Rule::between
            | Rule::in_list
            | Rule::contains
            | Rule::quantifier
            | Rule::affix
            | Rule::matches
            | Rule::sum_op => Reading::Operator,
            Rule::any
            | Rule::check_value
            | Rule::in_segment
            | Rule::listed
            | Rule::typed
            | Rule::key_value
            | Rule::cast
            | Rule::call
            | Rule::behaviour
            | Rule::did
            | Rule::of_events
            | Rule::of_property
            | Rule::of_share => Reading::Operand,
            // silent rules and parts of tokens never fail by themselves
            Rule::lone_statement
            | Rule::lone_condition
            | Rule::lone_literal
            | Rule::WHITESPACE
            | Rule::COMMENT
            | Rule::word_char
            | Rule::control
            | Rule::built_in
            | Rule::segment
            | Rule::json_object
            | Rule::json_member
            | Rule::json_array
            | Rule::json_value
            | Rule::json_string
            | Rule::json_escape
            | Rule::json_number
            | Rule::json_blank
            | Rule::text
            | Rule::object
            | Rule::comment
            | Rule::description
            | Rule::version
            | Rule::create
            | Rule::alter
            | Rule::key_body
            | Rule::key_check
            | Rule::key_change
            | Rule::keeping
            | Rule::segment_change
            | Rule::salt
            | Rule::cell
            | Rule::action_start
            | Rule::set
            | Rule::get_body
            | Rule::get_rest
            | Rule::nots
            | Rule::signed
            | Rule::operand
            | Rule::gap
            | Rule::over_events
            | Rule::event
            | Rule::event_rest
            | Rule::show
            | Rule::filter
            | Rule::only_where
            | Rule::assert
            | Rule::load
            | Rule::of_config => Reading::Nothing,
            Rule::k_actor
            | Rule::k_add
            | Rule::k_advance
            | Rule::k_after
            | Rule::k_all
            | Rule::k_alter
            | Rule::k_and
            | Rule::k_any
            | Rule::k_archive
            | Rule::k_archived
            | Rule::k_as
            | Rule::k_asc
            | Rule::k_assert
            | Rule::k_at
            | Rule::k_before
            | Rule::k_begin
            | Rule::k_between
            | Rule::k_blank
            | Rule::k_boolean
            | Rule::k_by
            | Rule::k_cancel
            | Rule::k_cast
            | Rule::k_check
            | Rule::k_clock
            | Rule::k_comment
            | Rule::k_commit
            | Rule::k_config
            | Rule::k_configs
            | Rule::k_contains
            | Rule::k_count
            | Rule::k_create
            | Rule::k_day
            | Rule::k_default
            | Rule::k_desc
            | Rule::k_describe
            | Rule::k_description
            | Rule::k_did
            | Rule::k_diff
            | Rule::k_disable
            | Rule::k_disabled
            | Rule::k_double
            | Rule::k_drop
            | Rule::k_enable
            | Rule::k_end
            | Rule::k_ends
            | Rule::k_error
            | Rule::k_event
            | Rule::k_events
            | Rule::k_everyone
            | Rule::k_explain
            | Rule::k_false
            | Rule::k_first
            | Rule::k_for
            | Rule::k_forget
            | Rule::k_forever
            | Rule::k_format
            | Rule::k_from
            | Rule::k_get
            | Rule::k_history
            | Rule::k_hour
            | Rule::k_id
            | Rule::k_if
            | Rule::k_in
            | Rule::k_integer
            | Rule::k_is
            | Rule::k_json
            | Rule::k_keep
            | Rule::k_key
            | Rule::k_keys
            | Rule::k_last
            | Rule::k_limit
            | Rule::k_list
            | Rule::k_load
            | Rule::k_manual
            | Rule::k_matches
            | Rule::k_minute
            | Rule::k_move
            | Rule::k_not
            | Rule::k_null
            | Rule::k_of
            | Rule::k_or
            | Rule::k_order
            | Rule::k_publication
            | Rule::k_publish
            | Rule::k_reason
            | Rule::k_rename
            | Rule::k_restore
            | Rule::k_retention
            | Rule::k_revert
            | Rule::k_revision
            | Rule::k_rollback
            | Rule::k_rollout
            | Rule::k_salt
            | Rule::k_schedule
            | Rule::k_scheduled
            | Rule::k_segment
            | Rule::k_segments
            | Rule::k_semver
            | Rule::k_set
            | Rule::k_show
            | Rule::k_since
            | Rule::k_split
            | Rule::k_starts
            | Rule::k_stats
            | Rule::k_store
            | Rule::k_string
            | Rule::k_timestamp
            | Rule::k_to
            | Rule::k_track
            | Rule::k_true
            | Rule::k_under
            | Rule::k_until
            | Rule::k_user
            | Rule::k_users
            | Rule::k_value
            | Rule::k_values
            | Rule::k_variant
            | Rule::k_version
            | Rule::k_versions
            | Rule::k_where
            | Rule::k_with
            | Rule::k_within => Reading::Keyword,
        }
    }

    /// The rule in words.
    pub(super) fn words(self) -> Cow<'static, str> {
        match self.reading() {
            Reading::Is(words) => words.into(),
            Reading::Keyword => format!("`{}`", self.keyword()).into(),
            Reading::Operator => "an operator".into(),
            Reading::Operand => "an operand".into(),
            Reading::Nothing => "".into(),
        }
    }

    /// The word of a keyword, in capitals.
    pub(super) fn keyword(self) -> String {
        format!("{self:?}").trim_start_matches("k_").to_ascii_uppercase()
    }

    /// Whether it is a keyword or a sign that carries no value of its own.
    pub(super) fn is_filler(self) -> bool {
        let carries =
            matches!(self, Self::k_true | Self::k_false | Self::k_null | Self::k_everyone);
        let sign = matches!(
            self,
            Self::lparen
                | Self::rparen
                | Self::comma
                | Self::dot
                | Self::colon
                | Self::percent
                | Self::equals
        );
        sign || (self.reading() == Reading::Keyword && !carries)
    }
}
