//! The members of a request, read with the checks that clients leave to the server: required, type, length, pattern.

use serde_json::{Map, Value};

use crate::error::ApiError;

/// The JSON object of a request.
pub(crate) struct Input(Map<String, Value>);

impl Input {
    /// Parses a request body; an empty body is an empty object.
    pub(crate) fn parse(body: &[u8]) -> Result<Self, ApiError> {
        if body.iter().all(u8::is_ascii_whitespace) {
            return Ok(Self(Map::new()));
        }
        match serde_json::from_slice(body) {
            Ok(Value::Object(members)) => Ok(Self(members)),
            Ok(_) => Err(ApiError::Invalid("the request body must be a JSON object".into())),
            Err(error) => Err(ApiError::Invalid(format!("the request body is not valid JSON: {error}"))),
        }
    }

    /// The members of an object inside a request; `key` is its name there.
    pub(crate) fn of(key: &str, value: &Value) -> Result<Self, ApiError> {
        value.as_object().cloned().map(Self).ok_or_else(|| invalid(key, "must be an object"))
    }

    /// A member as it was sent; `null` counts as absent.
    pub(crate) fn value(&self, key: &str) -> Option<&Value> {
        self.0.get(key).filter(|value| !value.is_null())
    }

    /// A text of at most `max` characters, if given.
    pub(crate) fn text(&self, key: &str, max: usize) -> Result<Option<&str>, ApiError> {
        let Some(value) = self.value(key) else { return Ok(None) };
        let text = value.as_str().ok_or_else(|| invalid(key, "must be a string"))?;
        if text.chars().count() > max {
            return Err(invalid(key, &format!("must have length less than or equal to {max}")));
        }
        Ok(Some(text))
    }

    /// A text that must be there and not empty.
    pub(crate) fn required(&self, key: &str, max: usize) -> Result<&str, ApiError> {
        let text = self.text(key, max)?.ok_or_else(|| invalid(key, "must not be null"))?;
        if text.is_empty() {
            Err(invalid(key, "must have length greater than or equal to 1"))
        } else {
            Ok(text)
        }
    }

    /// A resource name: 1 to 63 of `[a-zA-Z0-9\-_]`, not starting with a sign.
    pub(crate) fn name(&self, key: &str) -> Result<&str, ApiError> {
        let name = self.required(key, 63)?;
        let fits = |(at, byte): (usize, u8)| {
            byte.is_ascii_alphanumeric() || (at > 0 && (byte == b'-' || byte == b'_'))
        };
        if name.bytes().enumerate().all(fits) {
            Ok(name)
        } else {
            Err(invalid(key, "must satisfy regular expression pattern: ^[a-zA-Z0-9][a-zA-Z0-9\\-_]*"))
        }
    }

    /// An ARN that must be there.
    pub(crate) fn arn(&self, key: &str) -> Result<&str, ApiError> {
        let arn = self.required(key, 256)?;
        if arn.starts_with("arn:") { Ok(arn) } else { Err(invalid(key, "must be an ARN")) }
    }

    /// An ARN, if given.
    pub(crate) fn optional_arn(&self, key: &str) -> Result<Option<&str>, ApiError> {
        self.value(key).map(|_| self.arn(key)).transpose()
    }

    /// An integer in a range, if given.
    pub(crate) fn integer(&self, key: &str, min: i64, max: i64) -> Result<Option<i64>, ApiError> {
        let Some(value) = self.value(key) else { return Ok(None) };
        let number = value.as_i64().ok_or_else(|| invalid(key, "must be an integer"))?;
        if (min..=max).contains(&number) {
            Ok(Some(number))
        } else {
            Err(invalid(key, &format!("must be between {min} and {max}")))
        }
    }

    /// An object, if given.
    pub(crate) fn object(&self, key: &str) -> Result<Option<&Map<String, Value>>, ApiError> {
        let Some(value) = self.value(key) else { return Ok(None) };
        value.as_object().map(Some).ok_or_else(|| invalid(key, "must be an object"))
    }

    /// A list of texts, if given.
    pub(crate) fn texts(&self, key: &str) -> Result<Option<Vec<&str>>, ApiError> {
        let Some(value) = self.value(key) else { return Ok(None) };
        let texts = value.as_array().and_then(|list| list.iter().map(Value::as_str).collect());
        texts.map(Some).ok_or_else(|| invalid(key, "must be a list of strings"))
    }

    /// The members with these names, as they were sent: what Describe echoes.
    pub(crate) fn echo(&self, keys: &[&str]) -> Map<String, Value> {
        keys.iter()
            .filter_map(|key| self.value(key).map(|value| ((*key).to_owned(), value.clone())))
            .collect()
    }
}

/// The wording of the service for a member that breaks a constraint.
pub(crate) fn invalid(key: &str, constraint: &str) -> ApiError {
    ApiError::Invalid(format!(
        "1 validation error detected: Value at '{key}' failed to satisfy constraint: Member {constraint}"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input(json: &str) -> Input {
        Input::parse(json.as_bytes()).unwrap()
    }

    #[test]
    fn names_follow_the_pattern_of_the_model() {
        assert!(input(r#"{"name":"a-b_9"}"#).name("name").is_ok());
        for bad in ["-a", "_a", "a b", "a/b", "ü", ""] {
            assert!(input(&format!(r#"{{"name":"{bad}"}}"#)).name("name").is_err(), "{bad}");
        }
        assert!(input(&format!(r#"{{"name":"{}"}}"#, "a".repeat(64))).name("name").is_err());
    }

    #[test]
    fn null_is_absent_and_wrong_types_are_named() {
        let input = input(r#"{"a":null,"b":5}"#);
        assert_eq!(input.text("a", 10).unwrap(), None);
        assert!(input.text("b", 10).unwrap_err().to_string().contains("'b'"));
    }

    #[test]
    fn broken_json_says_where() {
        let error = Input::parse(b"{\"a\":").err().map(|error| error.to_string());
        assert!(error.is_some_and(|text| text.contains("line 1")));
    }
}
