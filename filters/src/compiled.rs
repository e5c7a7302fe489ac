//! A filter as data, for pages: JSON that says what the expression says. A page puts values in the place of parameters
//! and asks its vector pack (`sdk-wasm/js/filter.ts`); it needs no parser. Written here by hand, since nothing else of
//! this crate is ever serialised.

use std::fmt::{self, Write as _};

use crate::ast::{Comparison, Effect, Expression, Filter, Operand, Predicate, Test, Value};
use crate::bind::Literal;

impl Filter {
    /// `{"rules":[{"effect","dataset","anyOf":[[check]],"onlyIf":[check]}]}` with checks
    /// `{"column","test","values":[{"text","number"} or {"parameter"}]}`; without `values` where the expression compares
    /// with the current item.
    pub fn compiled(&self) -> String {
        let mut json = String::from("{\"rules\":");
        list(&mut json, &self.expressions, write_rule).expect("a string takes everything");
        json.push('}');
        json
    }
}

fn list<T>(json: &mut String, all: &[T], write: impl Fn(&mut String, &T) -> fmt::Result) -> fmt::Result {
    json.push('[');
    for (number, one) in all.iter().enumerate() {
        if number > 0 {
            json.push(',');
        }
        write(json, one)?;
    }
    json.push(']');
    Ok(())
}

fn write_rule(json: &mut String, rule: &Expression) -> fmt::Result {
    let effect = match rule.effect {
        Effect::Include => "include",
        Effect::Exclude => "exclude",
    };
    write!(json, "{{\"effect\":\"{effect}\",\"dataset\":\"{}\",\"anyOf\":", rule.dataset.name())?;
    list(json, &rule.any_of, |json, all_of| list(json, all_of, write_check))?;
    json.push_str(",\"onlyIf\":");
    list(json, &rule.only_if, write_check)?;
    json.push('}');
    Ok(())
}

fn write_check(json: &mut String, check: &Predicate) -> fmt::Result {
    let test = match &check.test {
        Test::In(_) => "in",
        Test::NotIn(_) => "not in",
        Test::Compare(comparison, _) => sign(*comparison),
    };
    json.push_str("{\"column\":");
    text(json, &check.column.text)?;
    write!(json, ",\"test\":\"{test}\"")?;
    if let Operand::Values(values) = check.test.operand() {
        json.push_str(",\"values\":");
        list(json, values, write_value)?;
    }
    json.push('}');
    Ok(())
}

fn sign(comparison: Comparison) -> &'static str {
    Comparison::ALL.iter().find(|(_, known)| *known == comparison).map_or("=", |(sign, _)| sign)
}

fn write_value(json: &mut String, value: &Value) -> fmt::Result {
    let literal = match value {
        Value::Parameter(name) => {
            json.push_str("{\"parameter\":");
            text(json, name)?;
            json.push('}');
            return Ok(());
        }
        Value::Text(text) => Literal::text(text),
        Value::Number(number) => Literal { text: number.to_string(), number: Some(*number) },
    };
    json.push_str("{\"text\":");
    text(json, &literal.text)?;
    match literal.number {
        Some(number) => write!(json, ",\"number\":{number:?}}}"),
        None => write!(json, ",\"number\":null}}"),
    }
}

fn text(json: &mut String, text: &str) -> fmt::Result {
    json.push('"');
    for character in text.chars() {
        match character {
            '"' | '\\' => write!(json, "\\{character}")?,
            '\0'..='\u{1f}' => write!(json, "\\u{:04x}", u32::from(character))?,
            _ => json.push(character),
        }
    }
    json.push('"');
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_becomes_data() {
        let filter = Filter::parse(
            "INCLUDE ItemID WHERE Items.Genre IN (\"a\\b\", $G) AND Items.PRICE <= 5 IF CurrentUser.AGE > \"18\"",
        )
        .unwrap();
        assert_eq!(
            filter.compiled(),
            r#"{"rules":[{"effect":"include","dataset":"Items","anyOf":[[{"column":"GENRE","test":"in","values":[{"text":"a\\b","number":null},{"parameter":"G"}]},{"column":"PRICE","test":"<=","values":[{"text":"5","number":5.0}]}]],"onlyIf":[{"column":"AGE","test":">","values":[{"text":"18","number":18.0}]}]}]}"#
        );
    }

    #[test]
    fn the_current_item_has_no_values() {
        let filter = Filter::parse("INCLUDE ItemID WHERE Items.GENRE IN CurrentItem.GENRE").unwrap();
        assert!(filter.compiled().contains(r#"{"column":"GENRE","test":"in"}"#));
    }
}
