use crate::ast::Comparison;
use crate::{FilterError, Span};

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Token<'a> {
    Word(&'a str),
    Text(&'a str),
    Number(f64),
    Parameter(&'a str),
    Compare(Comparison),
    Dot,
    Comma,
    Open,
    Close,
    Pipe,
    End,
}

/// A token and where it stands.
pub(crate) type Placed<'a> = (Token<'a>, Span);

/// Splits an expression into tokens; the last one is [`Token::End`].
pub(crate) fn tokens(source: &str) -> Result<Vec<Placed<'_>>, FilterError> {
    let mut lexer = Lexer { rest: source, column: 1 };
    let mut tokens = Vec::new();
    loop {
        let placed = lexer.next()?;
        tokens.push(placed);
        if placed.0 == Token::End {
            return Ok(tokens);
        }
    }
}

/// Whether a text may stand behind a dollar sign.
pub(crate) fn is_parameter_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(is_word)
}

struct Lexer<'a> {
    rest: &'a str,
    column: usize,
}

impl<'a> Lexer<'a> {
    fn next(&mut self) -> Result<Placed<'a>, FilterError> {
        self.take(self.rest.len() - self.rest.trim_start().len());
        let Some(first) = self.rest.chars().next() else {
            return Ok((Token::End, Span { start: self.column, end: self.column }));
        };
        match first {
            '"' | '\'' => self.text(first),
            '$' => self.parameter(),
            '-' | '0'..='9' => self.number(),
            'a'..='z' | 'A'..='Z' | '_' => {
                let (word, span) = self.take(self.run(0, is_word));
                Ok((Token::Word(word), span))
            }
            _ => self.sign(first),
        }
    }

    fn text(&mut self, quote: char) -> Result<Placed<'a>, FilterError> {
        let Some(len) = self.rest[1..].find(quote) else {
            return Err(self.unexpected("a text without its closing quote", "the same quote at its end"));
        };
        let (quoted, span) = self.take(len + 2);
        let text = &quoted[1..=len];
        match text.strip_prefix('$') {
            Some(name) if is_parameter_name(name) => Ok((Token::Parameter(name), span)),
            _ => Ok((Token::Text(text), span)),
        }
    }

    fn parameter(&mut self) -> Result<Placed<'a>, FilterError> {
        let (name, span) = self.take(self.run(1, is_word));
        if name.len() == 1 {
            return Err(syntax(span, "a dollar sign alone", "a parameter such as $GENRE"));
        }
        Ok((Token::Parameter(&name[1..]), span))
    }

    fn number(&mut self) -> Result<Placed<'a>, FilterError> {
        let sign = usize::from(self.rest.starts_with('-'));
        let mut end = self.run(sign, |byte| byte.is_ascii_digit());
        if self.rest[end..].starts_with('.') {
            let with_fraction = self.run(end + 1, |byte| byte.is_ascii_digit());
            if with_fraction > end + 1 {
                end = with_fraction;
            }
        }
        let (text, span) = self.take(end);
        match text.parse::<f64>() {
            Ok(number) if number.is_finite() => Ok((Token::Number(number), span)),
            _ => Err(syntax(span, text, "a number such as 18, -2 or 3.5")),
        }
    }

    fn sign(&mut self, first: char) -> Result<Placed<'a>, FilterError> {
        let compared = Comparison::ALL.iter().find(|(sign, _)| self.rest.starts_with(sign));
        if let Some((sign, comparison)) = compared {
            return Ok((Token::Compare(*comparison), self.take(sign.len()).1));
        }
        let token = match first {
            '.' => Token::Dot,
            ',' => Token::Comma,
            '(' => Token::Open,
            ')' => Token::Close,
            '|' => Token::Pipe,
            _ => {
                let found = first.to_string();
                return Err(
                    self.unexpected(&found, "a keyword, a column, a value in quotes, a number or $NAME")
                );
            }
        };
        Ok((token, self.take(1).1))
    }

    /// Where the run of bytes that fit, from `from` on, ends.
    fn run(&self, from: usize, fits: impl Fn(u8) -> bool) -> usize {
        let tail = &self.rest.as_bytes()[from..];
        from + tail.iter().position(|byte| !fits(*byte)).unwrap_or(tail.len())
    }

    fn take(&mut self, bytes: usize) -> (&'a str, Span) {
        let (taken, rest) = self.rest.split_at(bytes);
        let start = self.column;
        self.column += taken.chars().count();
        self.rest = rest;
        (taken, Span { start, end: self.column })
    }

    fn unexpected(&self, found: &str, expected: &'static str) -> FilterError {
        syntax(Span { start: self.column, end: self.column + 1 }, found, expected)
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

fn syntax(span: Span, found: &str, expected: &'static str) -> FilterError {
    FilterError::Syntax { span, found: found.to_owned(), expected }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(source: &str) -> Vec<Token<'_>> {
        tokens(source).unwrap().into_iter().map(|(token, _)| token).collect()
    }

    #[test]
    fn a_quoted_parameter_is_a_parameter_and_a_price_is_a_text() {
        assert_eq!(kinds("\"$A_1\" '$ 5'"), [Token::Parameter("A_1"), Token::Text("$ 5"), Token::End]);
    }

    #[test]
    fn a_dot_belongs_to_a_number_only_before_a_digit() {
        assert_eq!(
            kinds("-3.5 4.X"),
            [Token::Number(-3.5), Token::Number(4.0), Token::Dot, Token::Word("X"), Token::End]
        );
    }

    #[test]
    fn columns_are_counted_in_characters() {
        let error = tokens("\"Amélie\" #").unwrap_err();
        assert_eq!(error.span(), Some(Span { start: 10, end: 11 }));
    }

    #[test]
    fn long_signs_win_over_short_ones() {
        assert_eq!(
            kinds("<=!="),
            [Token::Compare(Comparison::LessOrEqual), Token::Compare(Comparison::NotEqual), Token::End]
        );
    }
}
