//! Lifecycle rules of a bucket: what the store does by itself as time passes.
//!
//! Only one of them is ours: to abort uploads that nobody finished. As a store replaces all rules at once, the others
//! are kept as the very text that came, and given back so: a typed round trip would lose what we do not know. Somebody
//! may have put another action into our rule, or narrowed it. Then only our action is taken out of it, and a rule of our
//! own stands beside it: to switch theirs on could delete what they keep.

use serde_json::{Map, Value, json};

/// The id of the rule that this program makes.
pub const ABORT_RULE_ID: &str = "abort-unfinished-uploads";

const ABORT: &str = "AbortIncompleteMultipartUpload";

/// Fields that say which keys a rule is about, and whether it is in force; all others are what it does.
const NOT_ACTIONS: [&str; 5] = ["Filter", "ID", "Prefix", "Status", "Tags"];

/// All rules of a bucket.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lifecycle {
    /// The rules, in their order.
    pub rules: Vec<LifecycleRule>,
    /// Whether rules of one kind may overlap; belongs to the rules and is given back with them.
    pub allows_overlap: bool,
}

/// One rule, as JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LifecycleRule(String);

impl LifecycleRule {
    /// A rule from the text of a JSON object; `None` if it is none.
    pub fn from_json(text: &str) -> Option<Self> {
        serde_json::from_str::<Map<String, Value>>(text).ok().map(|_| Self(text.to_owned()))
    }

    /// The text that it came as.
    pub fn json(&self) -> &str {
        &self.0
    }

    fn fields(&self) -> Map<String, Value> {
        serde_json::from_str(&self.0).unwrap_or_default()
    }

    /// Whether the id is one that we give.
    fn is_ours(&self) -> bool {
        let id = self.id();
        let Some(rest) = id.strip_prefix(ABORT_RULE_ID) else { return false };
        rest.is_empty() || rest.strip_prefix('-').is_some_and(|number| number.parse::<u32>().is_ok())
    }

    fn text(&self, field: &str) -> String {
        self.fields().get(field).and_then(Value::as_str).unwrap_or_default().to_owned()
    }

    /// Its id; empty if it has none.
    pub fn id(&self) -> String {
        self.text("ID")
    }

    /// It is about keys that begin with this; empty for all.
    pub fn prefix(&self) -> String {
        self.text("Prefix")
    }

    /// Whether it is in force.
    pub fn is_enabled(&self) -> bool {
        self.text("Status") == "Enabled"
    }

    /// After how many days it aborts unfinished uploads, if it does.
    pub fn abort_after_days(&self) -> Option<u32> {
        let days = self.fields().get(ABORT)?.get("DaysAfterInitiation")?.as_u64()?;
        u32::try_from(days).ok()
    }
}

impl Lifecycle {
    /// Our own rule, if there is one.
    pub fn abort_rule(&self) -> Option<&LifecycleRule> {
        self.rules.iter().find(|rule| rule.is_ours() && rule.abort_after_days().is_some())
    }

    /// Aborts unfinished uploads of the whole bucket after `days`, by our own rule; all others stay as they are.
    #[must_use]
    pub fn with_abort_rule(self, days: u32) -> Self {
        let mut others = self.without_abort_rule();
        let taken: Vec<String> = others.rules.iter().map(LifecycleRule::id).collect();
        let mut id = ABORT_RULE_ID.to_owned();
        let mut number = 1;
        while taken.contains(&id) {
            number += 1;
            id = format!("{ABORT_RULE_ID}-{number}");
        }
        let rule = json!({ "ID": id, "Status": "Enabled", ABORT: { "DaysAfterInitiation": days } });
        others.rules.push(LifecycleRule(rule.to_string()));
        others
    }

    /// No longer aborts by our own rule. What somebody else has added to that rule stays, in force or not as it was.
    #[must_use]
    pub fn without_abort_rule(mut self) -> Self {
        self.rules.retain_mut(|rule| {
            let mut fields = rule.fields();
            if !rule.is_ours() || fields.remove(ABORT).is_none() {
                return true;
            }
            let does_something =
                fields.iter().any(|(name, value)| !NOT_ACTIONS.contains(&name.as_str()) && !value.is_null());
            rule.0 = Value::Object(fields).to_string();
            does_something
        });
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OTHER: &str = r#"{"New":{"x":[1.10,9007199254740993]},"ID":"a","Status":"Enabled","Expiration":{"Days":1}}"#;

    fn other() -> Lifecycle {
        Lifecycle { rules: vec![LifecycleRule::from_json(OTHER).unwrap()], allows_overlap: true }
    }

    #[test]
    fn our_rule_is_added_changed_and_removed_and_no_byte_of_the_others_changes() {
        let set = other().with_abort_rule(7);
        let rule = set.abort_rule().unwrap();
        assert_eq!((rule.abort_after_days(), rule.is_enabled(), rule.prefix()), (Some(7), true, String::new()));
        assert_eq!(set.rules[0].json(), OTHER);
        let changed = set.with_abort_rule(30);
        assert_eq!(changed.rules.len(), 2);
        assert_eq!(changed.abort_rule().and_then(LifecycleRule::abort_after_days), Some(30));
        assert_eq!(changed.without_abort_rule(), other());
    }

    #[test]
    fn what_somebody_added_to_our_rule_stays_and_is_not_switched_on() {
        let text = r#"{"ID":"abort-unfinished-uploads","Prefix":"tmp/","Status":"Disabled","Expiration":{"Days":3},"AbortIncompleteMultipartUpload":{"DaysAfterInitiation":1}}"#;
        let theirs = Lifecycle { rules: vec![LifecycleRule::from_json(text).unwrap()], allows_overlap: false };
        let set = theirs.with_abort_rule(7);
        let rule = set.abort_rule().unwrap();
        assert_eq!((rule.prefix().as_str(), rule.is_enabled(), rule.abort_after_days()), ("", true, Some(7)));
        assert_eq!(rule.id(), "abort-unfinished-uploads-2");
        let theirs = &set.rules[0];
        assert_eq!((theirs.prefix().as_str(), theirs.is_enabled(), theirs.abort_after_days()), ("tmp/", false, None));
        assert_eq!(theirs.fields()["Expiration"], json!({ "Days": 3 }));
        let removed = set.clone().without_abort_rule();
        assert_eq!(removed.rules, set.rules[..1]);
        assert_eq!(removed.with_abort_rule(7), set);
    }

    #[test]
    fn a_rule_of_ours_that_would_do_nothing_any_more_goes() {
        let text = r#"{"ID":"abort-unfinished-uploads","Prefix":"tmp/","Tags":[{"Key":"a","Value":"b"}],"Expiration":null,"AbortIncompleteMultipartUpload":{"DaysAfterInitiation":1}}"#;
        let narrowed = Lifecycle { rules: vec![LifecycleRule::from_json(text).unwrap()], allows_overlap: false };
        assert_eq!(narrowed.without_abort_rule().rules, []);
    }

    #[test]
    fn only_objects_are_rules() {
        assert_eq!(LifecycleRule::from_json("[]"), None);
        assert_eq!(LifecycleRule::from_json("{"), None);
    }
}
