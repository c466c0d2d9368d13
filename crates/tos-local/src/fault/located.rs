//! JSON whose errors name a field.
//!
//! `serde_json` tells the line of an error. So the text is written anew with one field or element per line, and the
//! path that each line belongs to is kept beside it. That costs a second copy of a text that is small and comes once,
//! and saves a deserialiser of our own.

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::plan::FaultPlanError;

/// Reads a value from an object.
///
/// # Errors
/// The path of the first field that does not fit, and what `serde` says of it, made a sentence.
pub(super) fn from_json<T: DeserializeOwned>(text: &[u8]) -> Result<T, FaultPlanError> {
    let whole = |message: String| FaultPlanError { field: String::new(), message };
    let value: Value = serde_json::from_slice(text).map_err(|error| whole(format!("It is not JSON: {error}.")))?;
    // An array would do as well: of the fields in the order of the declaration, which nobody means.
    if !value.is_object() {
        return Err(whole("It is not a JSON object.".to_owned()));
    }
    let mut lines = Lines { text: String::new(), paths: vec![String::new()] };
    lines.write(&value, "");
    serde_json::from_str(&lines.text).map_err(|error| {
        let field = lines.paths.get(error.line().saturating_sub(1)).cloned().unwrap_or_default();
        let message = error.to_string();
        // The place in a text that nobody has seen would only mislead.
        let message = message.split(" at line ").next().unwrap_or_default();
        // The names of unknown fields are in it, and it is shown.
        let shown = |text: &str| text.chars().map(|c| if c.is_control() { '?' } else { c }).collect::<String>();
        FaultPlanError { field: shown(&field), message: format!("{}.", shown(message)) }
    })
}

struct Lines {
    text: String,
    /// By line, from the first.
    paths: Vec<String>,
}

impl Lines {
    fn write(&mut self, value: &Value, path: &str) {
        match value {
            Value::Object(fields) => {
                for (index, (name, value)) in fields.iter().enumerate() {
                    let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                    self.text.push(if index == 0 { '{' } else { ',' });
                    self.break_line(&path);
                    self.text.push_str(&Value::from(name.as_str()).to_string());
                    self.text.push(':');
                    self.write(value, &path);
                }
                // What an object lacks is found at its end, which is not the place of its last field.
                if fields.is_empty() {
                    self.text.push('{');
                }
                self.break_line(path);
                self.text.push('}');
            }
            Value::Array(elements) => {
                self.text.push('[');
                for (index, element) in elements.iter().enumerate() {
                    if index > 0 {
                        self.text.push(',');
                    }
                    let path = format!("{path}[{index}]");
                    self.break_line(&path);
                    self.write(element, &path);
                }
                self.text.push(']');
            }
            scalar => self.text.push_str(&scalar.to_string()),
        }
    }

    fn break_line(&mut self, path: &str) {
        self.text.push('\n');
        self.paths.push(path.to_owned());
    }
}
