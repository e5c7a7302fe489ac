//! Avro schemas as Amazon Personalize narrows them: flat records with reserved and metadata columns (reference §3.1).

use serde_json::Value;

use crate::error::ApiError;

/// The columns of a dataset.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Schema {
    /// `Interactions`, `Items`, `Users`, `Actions`, `ActionInteractions`.
    pub(crate) record: String,
    pub(crate) fields: Vec<Field>,
}

/// One column.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Field {
    pub(crate) name: String,
    pub(crate) kind: FieldType,
    pub(crate) nullable: bool,
    pub(crate) categorical: bool,
    pub(crate) textual: bool,
}

/// The type of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FieldType {
    Text,
    Integer,
    Decimal,
    Boolean,
}

/// What each dataset type must have, with its type (`None`: any).
const REQUIRED: &[(&str, &[(&str, FieldType)])] = &[
    (
        "Interactions",
        &[("USER_ID", FieldType::Text), ("ITEM_ID", FieldType::Text), ("TIMESTAMP", FieldType::Integer)],
    ),
    ("Items", &[("ITEM_ID", FieldType::Text)]),
    ("Users", &[("USER_ID", FieldType::Text)]),
    ("Actions", &[("ACTION_ID", FieldType::Text)]),
    (
        "ActionInteractions",
        &[
            ("USER_ID", FieldType::Text),
            ("ACTION_ID", FieldType::Text),
            ("EVENT_TYPE", FieldType::Text),
            ("TIMESTAMP", FieldType::Integer),
        ],
    ),
];

impl Schema {
    /// Reads the Avro JSON text of CreateSchema.
    pub(crate) fn parse(text: &str) -> Result<Self, ApiError> {
        let json: Value =
            serde_json::from_str(text).map_err(|error| invalid(format!("it is not JSON: {error}")))?;
        if json["type"] != "record" {
            return Err(invalid("its type must be \"record\"".into()));
        }
        let record = json["name"].as_str().ok_or_else(|| invalid("it has no name".into()))?.to_owned();
        let fields = json["fields"].as_array().ok_or_else(|| invalid("it has no list of fields".into()))?;
        let schema = Self { record, fields: fields.iter().map(Field::parse).collect::<Result<_, _>>()? };
        schema.check()?;
        Ok(schema)
    }

    /// The dataset type in the spelling of ARNs: `INTERACTIONS`.
    pub(crate) fn fits(&self, dataset_type: &str) -> bool {
        squeeze(&self.record) == squeeze(dataset_type)
    }

    /// The column with this name.
    pub(crate) fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name == name)
    }

    fn check(&self) -> Result<(), ApiError> {
        let (_, required) = REQUIRED
            .iter()
            .find(|(record, _)| squeeze(record) == squeeze(&self.record))
            .ok_or_else(|| {
                let known: Vec<&str> = REQUIRED.iter().map(|(record, _)| *record).collect();
                invalid(format!("its name is {:?}; it must be one of {}", self.record, known.join(", ")))
            })?;
        for (name, kind) in *required {
            let field =
                self.field(name).ok_or_else(|| invalid(format!("the required field {name} is missing")))?;
            if field.kind != *kind || field.nullable {
                let wanted = if *kind == FieldType::Text { "string" } else { "long" };
                return Err(invalid(format!("the field {name} must have the type {wanted}, without null")));
            }
        }
        self.check_unique()
    }

    fn check_unique(&self) -> Result<(), ApiError> {
        for (at, field) in self.fields.iter().enumerate() {
            if let Some(twin) =
                self.fields[..at].iter().find(|other| squeeze(&other.name) == squeeze(&field.name))
            {
                return Err(invalid(format!(
                    "the fields {} and {} are the same without signs",
                    twin.name, field.name
                )));
            }
        }
        Ok(())
    }
}

impl Field {
    fn parse(json: &Value) -> Result<Self, ApiError> {
        let name = json["name"].as_str().ok_or_else(|| invalid("a field has no name".into()))?.to_owned();
        let types: Vec<&str> = match &json["type"] {
            Value::String(one) => vec![one],
            Value::Array(union) => union.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        };
        let mut kinds = types.iter().filter(|name| **name != "null").map(|name| field_type(name));
        let (Some(Some(kind)), None) = (kinds.next(), kinds.next()) else {
            return Err(invalid(format!(
                "the field {name} must have one type of string, int, long, float, double, boolean, and may add null"
            )));
        };
        let is = |key: &str| json[key].as_bool() == Some(true);
        let (categorical, textual) = (is("categorical"), is("textual"));
        Ok(Self { name, kind, nullable: types.contains(&"null"), categorical, textual })
    }
}

fn field_type(avro: &str) -> Option<FieldType> {
    match avro {
        "string" => Some(FieldType::Text),
        "int" | "long" => Some(FieldType::Integer),
        "float" | "double" => Some(FieldType::Decimal),
        "boolean" => Some(FieldType::Boolean),
        _ => None,
    }
}

/// Letters and digits in one case: how names are compared.
pub(crate) fn squeeze(name: &str) -> String {
    name.chars().filter(|char| char.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

fn invalid(why: String) -> ApiError {
    ApiError::Invalid(format!("The schema is not valid: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINIMAL: &str = r#"{"type":"record","name":"Interactions","namespace":"com.amazonaws.personalize.schema",
        "fields":[{"name":"USER_ID","type":"string"},{"name":"ITEM_ID","type":"string"},
        {"name":"TIMESTAMP","type":"long"},{"name":"EVENT_VALUE","type":["null","float"]}],"version":"1.0"}"#;

    #[test]
    fn the_schema_of_the_tutorial_reads() {
        let schema = Schema::parse(MINIMAL).unwrap();
        assert!(schema.fits("INTERACTIONS") && schema.fits("interactions") && !schema.fits("Items"));
        assert!(schema.field("EVENT_VALUE").unwrap().nullable);
    }

    #[test]
    fn what_is_wrong_is_named() {
        let cases = [
            ("{", "not JSON"),
            (&MINIMAL.replace("record", "map"), "record"),
            (&MINIMAL.replace("\"Interactions\"", "\"Clicks\""), "Clicks"),
            (&MINIMAL.replace("TIMESTAMP", "TIME"), "TIMESTAMP"),
            (&MINIMAL.replace("\"long\"", "\"string\""), "TIMESTAMP"),
            (&MINIMAL.replace("EVENT_VALUE", "USERID"), "USERID"),
            (&MINIMAL.replace("\"float\"", "\"array\""), "EVENT_VALUE"),
        ];
        for (text, part) in cases {
            let error = Schema::parse(text).unwrap_err().to_string();
            assert!(error.contains(part), "{error}");
        }
    }
}
