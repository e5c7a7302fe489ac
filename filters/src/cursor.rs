//! Where the parser stands among the tokens.

use crate::lex::{Placed, Token, tokens};
use crate::{FilterError, Span};

pub(crate) struct Cursor<'a> {
    tokens: Vec<Placed<'a>>,
    at: usize,
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(source: &'a str) -> Result<Self, FilterError> {
        Ok(Self { tokens: tokens(source)?, at: 0 })
    }

    pub(crate) fn peek(&self) -> Token<'a> {
        self.tokens[self.at].0
    }

    pub(crate) fn span(&self) -> Span {
        self.tokens[self.at].1
    }

    /// Only ever called on a token that was matched, and the end is matched by nothing.
    pub(crate) fn advance(&mut self) {
        self.at += 1;
    }

    pub(crate) fn accept(&mut self, token: Token<'_>) -> bool {
        let accepted = self.peek() == token;
        self.at += usize::from(accepted);
        accepted
    }

    pub(crate) fn accept_word(&mut self, keyword: &str) -> bool {
        let accepted = self.is_word(keyword);
        self.at += usize::from(accepted);
        accepted
    }

    pub(crate) fn is_word(&self, keyword: &str) -> bool {
        matches!(self.peek(), Token::Word(word) if word.eq_ignore_ascii_case(keyword))
    }

    pub(crate) fn unexpected(&self, expected: &'static str) -> FilterError {
        FilterError::Syntax { span: self.span(), found: describe(self.peek()), expected }
    }
}

pub(crate) fn misplaced(span: Span, what: String, instead: &'static str) -> FilterError {
    FilterError::Misplaced { span, what, instead }
}

fn describe(token: Token<'_>) -> String {
    match token {
        Token::Word(word) => word.to_owned(),
        Token::Text(text) => format!("the text \"{text}\""),
        Token::Number(number) => number.to_string(),
        Token::Parameter(name) => format!("${name}"),
        Token::Compare(comparison) => comparison.sign().to_owned(),
        Token::Dot => ".".to_owned(),
        Token::Comma => ",".to_owned(),
        Token::Open => "(".to_owned(),
        Token::Close => ")".to_owned(),
        Token::Pipe => "|".to_owned(),
        Token::End => "the end".to_owned(),
    }
}
