//! Rules of the grammar, and the words for each in errors.

use std::borrow::Cow;

/// The parser that is made of the grammar.
#[derive(pest_derive::Parser)]
#[grammar = "../grammar/pcq.pest"]
pub(super) struct Grammar;

/// Reading of a rule in "expected …".
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

/// Makes the table of how rules read. It is a `match`, so that no rule is added without a thought for that.
macro_rules! readings {
    ($($kind:ident $(($words:literal))?: $($rule:ident)+;)+) => {
        impl Rule {
            /// How the rule reads.
            pub(super) fn reading(self) -> Reading {
                match self {
                    $($(Rule::$rule)|+ => Reading::$kind $(($words))?,)+
                }
            }
        }
    };
}

readings! {
    Is("a comment"): block;
    Is("a name"): identifier quoted simple name step;
    Is("a reserved word"): reserved;
    Is("an attribute"): path setting;
    Is("a whole number"): integer whole;
    Is("a number"): number;
    Is("a text in single quotes"): string;
    Is("a parameter"): parameter;
    Is("a percentage"): share rollout;
    Is("a duration"): duration length;
    Is("`SECONDS`, `MINUTES`, `HOURS`, `DAYS` or `WEEKS`"): unit;
    Is("JSON"): json;
    Is("a literal"): literal;
    Is("a timestamp in single quotes"): timestamp instant;
    Is("a text in single quotes or `NULL`"): nullable;
    Is("`OR ALTER`"): or_alter;
    Is("`IF NOT EXISTS`"): if_not_exists;
    Is("`(`"): lparen check group;
    Is("`)`"): rparen;
    Is("`,`"): comma;
    Is("`.`"): dot;
    Is("`:`"): colon;
    Is("`%`"): percent;
    Is("`=`"): equals;
    Is("`-`"): minus;
    Is("`+`"): plus;
    Is("a statement"): statement;
    Is("`KEY`, `SEGMENT`, `CONFIG` or `ATTRIBUTE`"): kind attribute;
    Is("`ATTRIBUTE`"): create_attribute alter_attribute load_attribute;
    Is("`ATTRIBUTES`"): alter_attributes load_attributes;
    Is("`KEY`"): create_key alter_key columns load_key;
    Is("a type (`BOOLEAN`, `INTEGER`, `DOUBLE`, `STRING`, `JSON`)"): key_type;
    Is("a type (`BOOLEAN`, `INTEGER`, `DOUBLE`, `STRING`, `JSON`, `TIMESTAMP`, `SEMVER`, `VERSION`)"):
        attribute_type;
    Is("`SET`"): change_set attribute_set;
    Is("`DROP`"): change_drop;
    Is("`ARCHIVE`"): archive;
    Is("`RESTORE`"): restore;
    Is("`SEGMENT`"): create_segment alter_segment load_segment;
    Is("`CONFIG`"): create_config alter_config get_config load_config stats_config changes_config;
    Is("a segment"): rows row value_of some_rows some_value;
    Is("a key"): column set_key get_keys;
    Is("`VALUES`"): values some_values;
    Is("`SPLIT`"): split kept_split;
    Is("an arm"): arm;
    Is("an action (`SET`, `ADD`, `MOVE`, `DROP`, `RENAME`)"): action;
    Is("`DESCRIPTION`"): set_description;
    Is("`SEGMENTS`"): set_segments;
    Is("`ROLLOUT`"): set_rollout;
    Is("`FIRST`, `LAST`, `BEFORE` or `AFTER`"): position;
    Is("`PUBLISH`"): publish;
    Is("`REVERT`"): revert;
    Is("`CANCEL`"): cancel load_cancel;
    Is("`DISABLE`"): disable;
    Is("`ENABLE`"): enable;
    Is("`USER`"): set_user one_user;
    Is("`TRACK`"): track;
    Is("`FORGET`"): forget_user;
    Is("`EVENT` or `EVENTS`"): alter_event load_keep;
    Is("`RECORD`"): record_traffic;
    Is("`TRAFFIC`"): load_traffic every_context;
    Is("`GET`"): get assert_get;
    Is("`SELECT`"): select select_block query;
    Is("`EXPLAIN`"): explain_select;
    Is("an alias"): alias_name given_name;
    Is("a value or `*`"): item first_block;
    Is("`*`"): star;
    Is("a source"): source;
    Is("`JOIN`"): joined;
    Is("a query in parentheses"): rowset subquery;
    Is("`UNION`, `EXCEPT` or `INTERSECT`"): set_operator;
    Is("`WHEN`"): case_branch;
    Is("`EXPLAIN`"): explain;
    Is("`ALL`"): get_all;
    Is("`FOR`"): for_user population;
    Is("`FOR TRAFFIC`"): for_traffic;
    Is("`WITH`"): with;
    Is("`AS`"): as_of as_statement;
    Is("`UNDER`"): under;
    Is("a condition"): condition comparison row_condition assert_condition sort event_where element_where columns_where;
    Is("a list in parentheses"): list;
    Is("an operand"): sum;
    Is("`BOOLEAN`, `INTEGER`, `DOUBLE` or `STRING`"): cast_type;
    Is("a function"): function;
    Is("a window (`WITHIN`, `SINCE`, `FROM`)"): window;
    Is("a table (`KEYS`, `SEGMENTS`, `CONFIGS`, `SCHEDULE`, `USERS`, `EVENTS`, `RETENTION`, `ATTRIBUTES`)"):
        show_table table;
    Is("`VERSIONS`"): show_versions;
    Is("`HISTORY`"): show_history;
    Is("a column"): order;
    Is("`DESCRIBE`"): describe;
    Is("`DIFF`"): diff;
    Is("`PREVIEW`"): preview;
    Is("a statement that writes, `COMMIT`"): previewed;
    Is("`AS OF`"): interval;
    Is("`USERS`"): every_user;
    Is("`CONTEXTS`"): contexts;
    Is("`STATS`"): show_stats;
    Is("`CHANGES`"): show_changes;
    Is("`BY`"): stats_by;
    Is("`BY USER`"): by_user;
    Is("`SEGMENT`, `VALUE`, `VERSION`, `MINUTE`, `HOUR`, `DAY`, `WEEK` or `MONTH`"): stats_group;
    Is("`BEGIN`"): begin;
    Is("`COMMIT`"): commit;
    Is("`ROLLBACK`"): rollback;
    Is("`ACTOR`"): set_actor;
    Is("`COMMENT`"): set_comment;
    Is("`CLOCK`"): set_clock;
    Is("`ERROR`"): assert_error;
    Is("`ADVANCE`"): advance_clock;
    Is("`STORE`"): load_store;
    Is("`REVISION`"): load_revision;
    Is("`SALT`"): load_salt;
    Is("`VERSION`"): load_version;
    Is("`PUBLICATION`"): load_publication;
    Is("`LIST`"): load_list;
    Is("`USER`"): load_user;
    Is("`END`"): load_end;
    Is("the end of the statement"): EOI;
    Operator: compare compare_op is test between in_list contains quantifier affix matches sum_op;
    Operand:
        any every reading check_value in_segment listed key_value cast call behaviour did of_events of_days
        of_property of_share exists case_of aggregate aggregate_word count_word;
    // silent rules and parts of tokens never fail by themselves
    Nothing:
        lone_statement lone_condition lone_literal lone_duration WHITESPACE COMMENT word_char control built_in segment
        json_object json_member json_array json_value json_string json_escape json_number json_blank text
        object comment description version write create alter key_body segment_body config_body split_body some_cell
        key_check key_change attribute_body attribute_change strictness keeping recording segment_change
        salt cell each steps read_as operand_start clause action_start set get_body get_rest nots signed
        operand gap over_events event event_rest show
        filter only_where count_of versions_of history_of stats_of changes_of assert load of_config asks common shown block_body
        alias query_word subquery_start case_start reserved_operator;
    Keyword:
        k_actor k_add k_advance k_after k_all k_alter k_and k_any k_archive k_archived k_as k_asc k_assert
        k_at k_attribute k_attributes k_before k_begin k_between k_blank k_boolean k_by k_cancel k_cast k_changes k_check k_clock k_comment
        k_commit k_config k_configs k_contains k_contexts k_count k_create k_day k_default k_desc k_describe
        k_description k_did k_diff k_disable k_disabled k_double k_drop k_enable k_end k_ends k_error k_event
        k_events k_every k_everyone k_exists k_explain k_false k_first k_for k_forget k_forever k_format k_from k_get
        k_history
        k_hour k_id k_if k_in k_integer k_is k_json k_keep k_keeping k_key k_keys k_last k_limit k_list k_load k_manual
        k_matches k_minute k_month k_move k_not k_now k_null k_of k_off k_open k_or k_order k_preview k_publication k_publish k_reason k_record k_rename
        k_restore k_retention k_revert k_revision k_rollback k_rollout k_salt k_schedule k_scheduled k_segment
        k_segments k_semver k_sensitive k_set k_show k_since k_split k_starts k_statement k_stats k_store k_strict k_string k_timestamp k_to
        k_track k_traffic k_transaction k_true k_under k_until k_user k_users k_value k_values k_variant k_version k_versions k_week k_where
        k_case k_with k_within
        k_cross k_distinct k_else k_except k_filter k_group k_having k_inner k_intersect k_join k_left k_nulls k_offset k_on k_select k_then k_union k_when;
}

impl Rule {
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
