//! In which circumstances a list is asked for: `context`, by names of columns of the Interactions dataset.

use bowerbird_ranker::pack::context_key;
use bowerbird_ranker::{ContextValue, Pack};

use crate::control::{Input, invalid};
use crate::error::ApiError;

/// Limits of the service (reference §7.1).
const MAX_MEMBERS: usize = 150;
const MAX_NAME: usize = 150;
const MAX_VALUE: usize = 1000;

/// What the model knows of it. Names and values that it does not know have no effect.
pub(super) fn of(pack: &Pack, input: &Input) -> Result<Vec<ContextValue>, ApiError> {
    let Some(members) = input.object("context")? else { return Ok(Vec::new()) };
    if members.len() > MAX_MEMBERS {
        return Err(invalid("context", &format!("must have at most {MAX_MEMBERS} members")));
    }
    let mut known = Vec::new();
    for (name, value) in members {
        let is_name = (1..=MAX_NAME).contains(&name.len())
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        if !is_name {
            let rule = format!("must have names of 1 to {MAX_NAME} letters, digits and underscores");
            return Err(invalid("context", &rule));
        }
        let value = value.as_str().filter(|value| value.chars().count() <= MAX_VALUE).ok_or_else(|| {
            invalid("context", &format!("must map names to strings of at most {MAX_VALUE} characters"))
        })?;
        let value = pack.context(context_key(name, value).as_bytes());
        // One name in two spellings counts once.
        known.extend(value.filter(|value| !known.contains(value)));
    }
    Ok(known)
}

#[cfg(test)]
mod tests {
    use bowerbird_ranker::pack::{Contents, NewContexts, write};

    use super::*;

    fn read(context: &str) -> Result<Vec<ContextValue>, ApiError> {
        let contents = Contents {
            recipe: "aws-user-personalization".into(),
            ids: vec!["a".into()],
            popularity: vec![1.0],
            contexts: Some(NewContexts {
                cold_popularity: 1.0,
                keys: vec![context_key("DEVICE", "tv"), context_key("DEVICE", "phone")],
                lifts: vec![0.5, -0.5],
            }),
            ..Contents::default()
        };
        let pack = Pack::open(write(&contents).unwrap()).unwrap();
        of(&pack, &Input::parse(format!(r#"{{"context":{context}}}"#).as_bytes()).unwrap())
    }

    #[test]
    fn what_the_model_knows_counts_and_the_rest_does_not() {
        assert_eq!(read("null").unwrap(), []);
        assert_eq!(read(r#"{"DEVICE":"tv"}"#).unwrap().len(), 1);
        assert_eq!(read(r#"{"device":"tv"}"#).unwrap(), read(r#"{"DEVICE":"tv"}"#).unwrap());
        assert_eq!(read(r#"{"DEVICE":"TV","CITY":"Ulm","X":""}"#).unwrap(), []);
    }

    #[test]
    fn limits_are_those_of_the_service() {
        let long = |length: usize| "x".repeat(length);
        assert!(read(&format!(r#"{{"{}":"{}"}}"#, long(150), long(1000))).is_ok());
        for wrong in [
            format!(r#"{{"{}":"a"}}"#, long(151)),
            format!(r#"{{"A":"{}"}}"#, long(1001)),
            r#"{"":"a"}"#.into(),
            r#"{"A-B":"a"}"#.into(),
            r#"{"A":1}"#.into(),
            r#"["A"]"#.into(),
            format!("{{{}}}", (0..151).map(|n| format!(r#""A{n}":"a""#)).collect::<Vec<_>>().join(",")),
        ] {
            let refused = read(&wrong).unwrap_err().to_string();
            assert!(refused.contains("'context'"), "{refused}");
        }
    }
}
