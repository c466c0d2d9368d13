//! Lifecycle rules of a bucket: what the store does by itself as time passes.
//!
//! Only one of them is ours: to abort uploads that nobody finished. As a store replaces all rules at once, the others
//! are kept as the very text that came, and given back so: a typed round trip would lose what we do not know.

use serde_json::{Map, Value, json};

/// The id of the rule that this program makes.
pub const ABORT_RULE_ID: &str = "abort-unfinished-uploads";

const ABORT: &str = "AbortIncompleteMultipartUpload";

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
        self.rules.iter().find(|rule| rule.id() == ABORT_RULE_ID)
    }

    /// Aborts unfinished uploads of the whole bucket after `days`, by our own rule; all others stay as they are.
    #[must_use]
    pub fn with_abort_rule(mut self, days: u32) -> Self {
        let abort = json!({ "DaysAfterInitiation": days });
        match self.own_rule() {
            Some(rule) => {
                let mut fields = rule.fields();
                fields.insert(ABORT.to_owned(), abort);
                fields.insert("Status".to_owned(), "Enabled".into());
                rule.0 = Value::Object(fields).to_string();
            }
            None => {
                let rule = json!({ "ID": ABORT_RULE_ID, "Status": "Enabled", ABORT: abort });
                self.rules.push(LifecycleRule(rule.to_string()));
            }
        }
        self
    }

    /// No longer aborts by our own rule. What somebody else has added to that rule stays.
    #[must_use]
    pub fn without_abort_rule(mut self) -> Self {
        if let Some(rule) = self.own_rule() {
            let mut fields = rule.fields();
            fields.remove(ABORT);
            let does_something = fields.keys().any(|name| !["ID", "Prefix", "Status"].contains(&name.as_str()));
            if does_something {
                rule.0 = Value::Object(fields).to_string();
            } else {
                self.rules.retain(|rule| rule.id() != ABORT_RULE_ID);
            }
        }
        self
    }

    fn own_rule(&mut self) -> Option<&mut LifecycleRule> {
        self.rules.iter_mut().find(|rule| rule.id() == ABORT_RULE_ID)
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
    fn what_somebody_added_to_our_rule_stays() {
        let text = r#"{"ID":"abort-unfinished-uploads","Prefix":"tmp/","Status":"Disabled","Expiration":{"Days":3}}"#;
        let theirs = Lifecycle { rules: vec![LifecycleRule::from_json(text).unwrap()], allows_overlap: false };
        let set = theirs.clone().with_abort_rule(7);
        let rule = set.abort_rule().unwrap();
        assert_eq!((rule.prefix().as_str(), rule.is_enabled(), rule.abort_after_days()), ("tmp/", true, Some(7)));
        let removed = set.without_abort_rule();
        assert_eq!(removed.rules[0].fields()["Expiration"], json!({ "Days": 3 }));
        assert_eq!(removed.rules[0].abort_after_days(), None);
    }

    #[test]
    fn only_objects_are_rules() {
        assert_eq!(LifecycleRule::from_json("[]"), None);
        assert_eq!(LifecycleRule::from_json("{"), None);
    }
}
