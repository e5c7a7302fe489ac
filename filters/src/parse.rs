//! Tokens in, a checked tree out. AND binds before OR, and there is no grouping: no example of the service has either.

use crate::ast::{
    Comparison, Dataset, Effect, Expression, Filter, Name, Operand, Predicate, Target, Test, Value,
};
use crate::cursor::{Cursor, misplaced};
use crate::lex::Token;
use crate::{FilterError, Span};

/// Characters of a filter expression. Source: service model.
const MAX_CHARS: usize = 2500;

impl Filter {
    /// Reads an expression.
    ///
    /// # Errors
    /// Everything that is wrong whatever the schemas are: [`FilterError::Length`], [`FilterError::Syntax`] and
    /// [`FilterError::Misplaced`], with the column and what would be valid there.
    pub fn parse(source: &str) -> Result<Self, FilterError> {
        let chars = source.chars().count();
        if source.trim().is_empty() || chars > MAX_CHARS {
            return Err(FilterError::Length { chars, max: MAX_CHARS });
        }
        Cursor::new(source)?.filter()
    }
}

impl Cursor<'_> {
    fn filter(mut self) -> Result<Filter, FilterError> {
        let (target, first) = self.expression()?;
        let mut expressions = vec![first];
        while self.accept(Token::Pipe) {
            let start = self.span();
            let (next, expression) = self.expression()?;
            if next != target {
                return Err(misplaced(
                    start,
                    "one filter cannot be about two kinds of ids".into(),
                    "use the same one of ItemID, UserID and ActionID in every expression",
                ));
            }
            expressions.push(expression);
        }
        match self.peek() {
            Token::End => Ok(Filter { target, expressions }),
            _ => Err(self.unexpected_tail()),
        }
    }

    fn expression(&mut self) -> Result<(Target, Expression), FilterError> {
        let effect = self.effect()?;
        let target = self.target()?;
        if !self.accept_word("WHERE") {
            return Err(self.unexpected("WHERE"));
        }
        let dataset = self.dataset(target)?;
        let any_of = self.conditions(target, dataset)?;
        let only_if = if self.accept_word("IF") { self.user_conditions()? } else { Vec::new() };
        Ok((target, Expression { effect, dataset, any_of, only_if }))
    }

    fn effect(&mut self) -> Result<Effect, FilterError> {
        if self.accept_word("INCLUDE") {
            Ok(Effect::Include)
        } else if self.accept_word("EXCLUDE") {
            Ok(Effect::Exclude)
        } else {
            Err(self.unexpected("INCLUDE or EXCLUDE"))
        }
    }

    fn target(&mut self) -> Result<Target, FilterError> {
        for (word, target) in
            [("ItemID", Target::Item), ("UserID", Target::User), ("ActionID", Target::Action)]
        {
            if self.accept_word(word) {
                return Ok(target);
            }
        }
        Err(self.unexpected("ItemID, UserID or ActionID"))
    }

    /// Reads the dataset in front of a column, and the dot.
    fn dataset(&mut self, target: Target) -> Result<Dataset, FilterError> {
        let span = self.span();
        let Token::Word(word) = self.peek() else { return Err(self.unexpected_condition()) };
        let Some(dataset) = Dataset::parse(word) else { return Err(self.unexpected_condition()) };
        if !fits(target, dataset) {
            let what = format!("{} has no condition for this kind of id", dataset.name());
            return Err(misplaced(
                span,
                what,
                "ItemID goes with Items or Interactions, UserID with Users or Interactions, ActionID with Actions or \
                 Action_Interactions",
            ));
        }
        self.advance();
        self.dot()?;
        Ok(dataset)
    }

    fn conditions(&mut self, target: Target, dataset: Dataset) -> Result<Vec<Vec<Predicate>>, FilterError> {
        let mut any_of = vec![vec![self.condition(dataset)?]];
        loop {
            let or = self.accept_word("OR");
            if !or && !self.accept_word("AND") {
                return Ok(any_of);
            }
            let span = self.span();
            if self.dataset(target)? != dataset {
                return Err(misplaced(
                    span,
                    "one expression cannot use two datasets".into(),
                    "write a second expression behind |",
                ));
            }
            let condition = self.condition(dataset)?;
            match any_of.last_mut() {
                Some(all_of) if !or => all_of.push(condition),
                _ => any_of.push(vec![condition]),
            }
        }
    }

    fn condition(&mut self, dataset: Dataset) -> Result<Predicate, FilterError> {
        let predicate = self.predicate()?;
        if dataset.has_events() {
            check_event_condition(&predicate)?;
        } else {
            check_no_star(&predicate)?;
        }
        Ok(predicate)
    }

    fn user_conditions(&mut self) -> Result<Vec<Predicate>, FilterError> {
        let mut all = Vec::new();
        loop {
            if !self.accept_word("CurrentUser") {
                return Err(self.unexpected("CurrentUser.COLUMN"));
            }
            self.dot()?;
            let predicate = self.predicate()?;
            check_no_star(&predicate)?;
            all.push(predicate);
            if !self.accept_word("AND") {
                return Ok(all);
            }
        }
    }

    fn predicate(&mut self) -> Result<Predicate, FilterError> {
        let column = self.column()?;
        Ok(Predicate { column, test: self.test()? })
    }

    fn test(&mut self) -> Result<Test, FilterError> {
        if let Token::Compare(comparison) = self.peek() {
            self.advance();
            return Ok(Test::Compare(comparison, self.scalar()?));
        }
        let start = self.span().start;
        if self.accept_word("NOT") {
            if !self.accept_word("IN") {
                return Err(self.unexpected("IN"));
            }
            let test = Test::NotIn(self.set()?);
            if test.values().iter().any(|value| value.parameter().is_some()) {
                let span = Span { start, end: self.span().start };
                let what = "a parameter cannot be used with NOT IN".into();
                return Err(misplaced(span, what, "write the values, or turn INCLUDE and EXCLUDE round"));
            }
            return Ok(test);
        }
        if self.accept_word("IN") {
            return Ok(Test::In(self.set()?));
        }
        if self.is_word("BETWEEN") {
            let what = "there is no BETWEEN".into();
            return Err(misplaced(self.span(), what, "write two comparisons joined by AND"));
        }
        Err(self.unexpected("IN, NOT IN, =, !=, <, <=, > or >="))
    }

    fn set(&mut self) -> Result<Operand, FilterError> {
        if self.accept_word("CurrentItem") {
            self.dot()?;
            return Ok(Operand::CurrentItem(self.column()?));
        }
        if !self.accept(Token::Open) {
            return Err(self.unexpected("( or CurrentItem.COLUMN"));
        }
        let mut values = vec![self.value()?];
        while self.accept(Token::Comma) {
            values.push(self.value()?);
        }
        self.close()?;
        Ok(Operand::Values(values))
    }

    fn scalar(&mut self) -> Result<Operand, FilterError> {
        if self.accept_word("CurrentItem") {
            self.dot()?;
            return Ok(Operand::CurrentItem(self.column()?));
        }
        let parenthesised = self.accept(Token::Open);
        let value = self.value()?;
        if parenthesised {
            self.close()?;
        }
        Ok(Operand::Values(vec![value]))
    }

    fn value(&mut self) -> Result<Value, FilterError> {
        let value = match self.peek() {
            Token::Text(text) => Value::Text(text.to_owned()),
            Token::Number(number) => Value::Number(number),
            Token::Parameter(name) => Value::Parameter(name.to_owned()),
            Token::Word(word) if word.eq_ignore_ascii_case("true") || word.eq_ignore_ascii_case("false") => {
                let what = "booleans cannot be filtered on".into();
                return Err(misplaced(
                    self.span(),
                    what,
                    "keep \"True\" and \"False\", or 0 and 1, in the column",
                ));
            }
            _ => return Err(self.unexpected("a value in quotes, a number or $NAME")),
        };
        self.advance();
        Ok(value)
    }

    fn column(&mut self) -> Result<Name, FilterError> {
        let span = self.span();
        let Token::Word(word) = self.peek() else { return Err(self.unexpected("the name of a column")) };
        self.advance();
        Ok(Name { text: word.to_ascii_uppercase(), span })
    }

    fn dot(&mut self) -> Result<(), FilterError> {
        if self.accept(Token::Dot) { Ok(()) } else { Err(self.unexpected(". and the name of a column")) }
    }

    fn close(&mut self) -> Result<(), FilterError> {
        if self.accept(Token::Close) { Ok(()) } else { Err(self.unexpected(", or )")) }
    }

    fn unexpected_condition(&self) -> FilterError {
        let (what, instead) = if self.is_word("CurrentUser") {
            ("CurrentUser stands only behind IF", "add IF CurrentUser.COLUMN … at the end of the expression")
        } else if self.is_word("CurrentItem") {
            ("CurrentItem stands only on the right side", "put the column of Items first")
        } else if self.peek() == Token::Open {
            (
                "conditions cannot be grouped",
                "AND binds before OR; split the expression at | where you need more",
            )
        } else {
            return self.unexpected(
                "Items, Interactions, Users, Actions or Action_Interactions, a dot and a column",
            );
        };
        misplaced(self.span(), what.into(), instead)
    }

    fn unexpected_tail(&self) -> FilterError {
        if self.is_word("IF") {
            return misplaced(
                self.span(),
                "a second IF".into(),
                "join the conditions of the first one by AND",
            );
        }
        if self.is_word("OR") {
            let what = "conditions behind IF cannot be joined by OR".into();
            return misplaced(self.span(), what, "write a second expression behind |");
        }
        self.unexpected("AND, OR, IF, | or the end")
    }
}

fn fits(target: Target, dataset: Dataset) -> bool {
    match target {
        Target::Item => matches!(dataset, Dataset::Items | Dataset::Interactions),
        Target::User => matches!(dataset, Dataset::Users | Dataset::Interactions),
        Target::Action => matches!(dataset, Dataset::Actions | Dataset::ActionInteractions),
    }
}

fn check_event_condition(predicate: &Predicate) -> Result<(), FilterError> {
    let orders = matches!(&predicate.test, Test::Compare(comparison, _) if Comparison::orders(*comparison));
    if predicate.column.text == "EVENT_TYPE" && !orders && predicate.test.current_item().is_none() {
        return Ok(());
    }
    let what = "events can be filtered by their type only".into();
    Err(misplaced(
        predicate.column.span,
        what,
        "write EVENT_TYPE IN (\"click\", \"watch\"), or IN (\"*\") for any",
    ))
}

fn check_no_star(predicate: &Predicate) -> Result<(), FilterError> {
    if predicate.test.values().iter().any(|value| matches!(value, Value::Text(text) if text == "*")) {
        let what = "\"*\" stands for any event type and nothing else".into();
        return Err(misplaced(predicate.column.span, what, "name the values"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(source: &str) -> String {
        Filter::parse(source).unwrap_err().to_string()
    }

    #[test]
    fn and_binds_before_or() {
        let filter =
            Filter::parse("INCLUDE ItemID WHERE Items.A = 1 OR Items.B = 2 AND Items.C = 3").unwrap();
        let sizes: Vec<usize> = filter.expressions[0].any_of.iter().map(Vec::len).collect();
        assert_eq!(sizes, [1, 2]);
    }

    #[test]
    fn keywords_datasets_and_columns_are_read_in_any_case() {
        let shouted =
            Filter::parse("EXCLUDE ITEMID WHERE ITEMS.GENRE IN (\"a\") IF CURRENTUSER.AGE > 3").unwrap();
        let spoken =
            Filter::parse("exclude itemId where items.genre in ('a') if currentuser.age > 3").unwrap();
        assert_eq!(shouted, spoken);
    }

    #[test]
    fn errors_name_the_column_and_what_would_be_valid() {
        assert_eq!(error("INCLUDE Item WHERE"), "column 9: found Item, expected ItemID, UserID or ActionID");
        assert_eq!(
            error("INCLUDE ItemID WHERE Items.A IN (\"x\""),
            "column 37: found the end, expected , or )"
        );
        assert_eq!(
            error("INCLUDE ItemID WHERE Items.PRICE BETWEEN 1 AND 5"),
            "column 34: there is no BETWEEN; write two comparisons joined by AND"
        );
    }

    #[test]
    fn an_if_is_joined_by_and_only() {
        assert!(
            error("INCLUDE ItemID WHERE Items.A = 1 IF CurrentUser.B = 1 OR CurrentUser.C = 2")
                .contains("joined by OR")
        );
    }

    #[test]
    fn a_filter_is_about_one_kind_of_id() {
        let source = "INCLUDE ItemID WHERE Items.A = 1 | EXCLUDE UserID WHERE Users.B = 2";
        assert!(error(source).contains("two kinds of ids"));
        assert!(error("INCLUDE UserID WHERE Items.A = 1").contains("Items has no condition"));
    }

    #[test]
    fn length_is_bounded_as_in_the_protocol() {
        assert_eq!(Filter::parse(" "), Err(FilterError::Length { chars: 1, max: 2500 }));
        let long = format!("INCLUDE ItemID WHERE Items.A IN (\"{}\")", "x".repeat(2500));
        assert!(matches!(Filter::parse(&long), Err(FilterError::Length { .. })));
    }
}
