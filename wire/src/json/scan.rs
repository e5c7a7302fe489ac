//! One pass over JSON text that borrows what it can, an order of magnitude below the price of building values.
//!
//! It is not: a parser with opinions. Whatever is wrong, unusual or deep makes it give up (`None`), and then serde_json
//! reads the same text and says what is the matter. So it may only accept what serde_json accepts, with the same value;
//! a property test holds the two against each other.

use alloc::borrow::Cow;
use alloc::string::String;
use core::marker::PhantomData;
use core::ops::Range;

/// Values nested deeper than this are left to serde_json, which has a limit of its own (128).
const MAX_DEPTH: usize = 16;
/// Digits of a number that is read here: every such integer is exact as f64, and so is one division by a power of ten.
const MAX_DIGITS: usize = 15;
const POWERS_OF_TEN: [f64; MAX_DIGITS + 1] =
    [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15];

/// How the strings of a text are quoted.
pub(super) trait Quotes {
    /// Whether the text is the inside of a JSON string, so that each of its quotes has a backslash before it.
    const ARE_ESCAPED: bool;
}

/// As in any JSON.
pub(super) struct Plain;

/// As in JSON that stands in a string. Strings in there that have escapes themselves are not read here.
pub(super) struct Escaped;

impl Quotes for Plain {
    const ARE_ESCAPED: bool = false;
}

impl Quotes for Escaped {
    const ARE_ESCAPED: bool = true;
}

/// A place in a text.
pub(super) struct Scan<'a, Q = Plain> {
    text: &'a str,
    pub(super) at: usize,
    quotes: PhantomData<Q>,
}

impl<'a> Scan<'a, Escaped> {
    /// Behind the quote at which another scan stands.
    pub(super) fn within(outer: &Scan<'a>) -> Self {
        Self { text: outer.text, at: outer.at + 1, quotes: PhantomData }
    }
}

impl<'a, Q: Quotes> Scan<'a, Q> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: 0, quotes: PhantomData }
    }

    #[inline(always)]
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// The next byte that is not white space.
    #[inline(always)]
    pub(super) fn next(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        // Most bytes that come next are beyond all white space.
        if byte > b' ' { Some(byte) } else { self.next_behind_space() }
    }

    #[cold]
    fn next_behind_space(&mut self) -> Option<u8> {
        let is_space = |byte| byte == b' ' || !Q::ARE_ESCAPED && matches!(byte, b'\n' | b'\r' | b'\t');
        while is_space(self.peek()?) {
            self.at += 1;
        }
        self.peek()
    }

    /// Steps over this byte if it comes next.
    #[inline(always)]
    pub(super) fn is(&mut self, byte: u8) -> bool {
        // Mostly it stands here.
        self.is_byte(byte) || self.next() == Some(byte) && self.is_byte(byte)
    }

    /// Steps over this byte if it stands here.
    #[inline(always)]
    pub(super) fn is_byte(&mut self, byte: u8) -> bool {
        let is_here = self.peek() == Some(byte);
        self.at += usize::from(is_here);
        is_here
    }

    /// Whether nothing but white space is left.
    pub(super) fn is_done(&mut self) -> bool {
        self.next().is_none()
    }

    #[inline(always)]
    pub(super) fn since(&self, start: usize) -> &'a str {
        &self.text[start..self.at]
    }

    /// What stands from here on.
    pub(super) fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    /// Calls `each` before every value of an object, with its key; `each` steps over the value.
    #[inline(always)]
    pub(super) fn object(&mut self, each: impl FnMut(&mut Self, Cow<'a, str>) -> Option<()>) -> Option<()> {
        self.members(Self::key, each)
    }

    /// The same with what `key` makes of the key that it steps over.
    #[inline(always)]
    pub(super) fn members<K>(
        &mut self,
        mut key: impl FnMut(&mut Self) -> Option<K>,
        mut each: impl FnMut(&mut Self, K) -> Option<()>,
    ) -> Option<()> {
        self.is(b'{').then_some(())?;
        if self.next()? == b'}' {
            self.at += 1;
            return Some(());
        }
        loop {
            let key = key(self)?;
            each(self, key)?;
            if self.is_end(b'}')? {
                return Some(());
            }
        }
    }

    /// The key of a value, which comes next.
    #[inline(always)]
    pub(super) fn key(&mut self) -> Option<Cow<'a, str>> {
        let key = self.string()?;
        self.is(b':').then_some(key)
    }

    /// The same without escapes.
    #[inline(always)]
    pub(super) fn unescaped_key(&mut self) -> Option<&'a str> {
        let key = self.unescaped_string()?;
        self.is(b':').then_some(key)
    }

    #[inline(always)]
    fn skip_key(&mut self) -> Option<()> {
        self.skip_string()?;
        self.is(b':').then_some(())
    }

    /// Steps over what stands behind a member: a comma, or the end.
    #[inline(always)]
    fn is_end(&mut self, end: u8) -> Option<bool> {
        let byte = self.next()?;
        self.at += 1;
        (byte == b',' || byte == end).then_some(byte == end)
    }

    /// Calls `each` before every member of a list; `each` steps over it.
    #[inline(always)]
    pub(super) fn list(&mut self, mut each: impl FnMut(&mut Self) -> Option<()>) -> Option<()> {
        self.is(b'[').then_some(())?;
        if self.next()? == b']' {
            self.at += 1;
            return Some(());
        }
        loop {
            each(self)?;
            if self.is_end(b']')? {
                return Some(());
            }
        }
    }

    /// Steps over any value and returns its text.
    pub(super) fn value(&mut self) -> Option<&'a str> {
        self.next()?;
        let start = self.at;
        self.pass(0)?;
        Some(self.since(start))
    }

    /// Steps over any value.
    #[inline(always)]
    pub(super) fn skip(&mut self) -> Option<()> {
        match self.next()? {
            // What most values are need not be called.
            b'"' | b'\\' => self.skip_string().map(|_| ()),
            _ => self.pass(0),
        }
    }

    fn pass(&mut self, depth: usize) -> Option<()> {
        match self.next()? {
            _ if depth > MAX_DEPTH => None,
            b'{' => self.members(Self::skip_key, |scan, ()| scan.pass(depth + 1)),
            b'[' => self.list(|scan| scan.pass(depth + 1)),
            b'"' | b'\\' => self.skip_string().map(|_| ()),
            b't' => self.word("true"),
            b'f' => self.word("false"),
            b'n' => self.word("null"),
            _ => self.number().map(|_| ()),
        }
    }

    fn word(&mut self, word: &str) -> Option<()> {
        self.text.as_bytes()[self.at..].starts_with(word.as_bytes()).then_some(())?;
        self.at += word.len();
        Some(())
    }

    /// A number without an exponent and of few digits.
    #[inline(always)]
    pub(super) fn number(&mut self) -> Option<f64> {
        let is_negative = self.next()? == b'-';
        self.at += usize::from(is_negative);
        let start = self.at;
        let mut digits = 0;
        self.digits(&mut digits)?;
        let whole = self.at - start;
        if whole > 1 && self.text.as_bytes()[start] == b'0' {
            return None;
        }
        let mut fraction = 0;
        if self.peek() == Some(b'.') {
            self.at += 1;
            let start = self.at;
            self.digits(&mut digits)?;
            fraction = self.at - start;
        }
        if whole + fraction > MAX_DIGITS || matches!(self.peek(), Some(b'e' | b'E')) {
            return None;
        }
        let number = digits as f64 / POWERS_OF_TEN[fraction];
        Some(if is_negative { -number } else { number })
    }

    /// At least one digit, behind those that `number` is made of already. Too many of them wrap and are refused later.
    #[inline(always)]
    fn digits(&mut self, number: &mut u64) -> Option<()> {
        let start = self.at;
        while let Some(eight) = self.eight().and_then(eight_digits) {
            *number = number.wrapping_mul(100_000_000).wrapping_add(eight);
            self.at += 8;
        }
        while let Some(digit @ b'0'..=b'9') = self.peek() {
            *number = number.wrapping_mul(10).wrapping_add(u64::from(digit - b'0'));
            self.at += 1;
        }
        (self.at > start).then_some(())
    }

    /// Steps over a string; tells how many bytes it has without its quotes and escapes.
    #[inline(always)]
    pub(super) fn skip_string(&mut self) -> Option<usize> {
        self.string_as(|_, place| place.len(), |text| text.len())
    }

    /// A string without its quotes and escapes.
    #[inline(always)]
    pub(super) fn string(&mut self) -> Option<Cow<'a, str>> {
        self.string_as(|text, place| Cow::Borrowed(&text[place]), Cow::Owned)
    }

    /// Steps over a string and makes something of it: of the place where it stands in the text, or, where it has escapes, of
    /// what it is without them. Who only steps over it need not cut it out.
    #[inline(always)]
    fn string_as<T>(
        &mut self,
        of_place: impl FnOnce(&'a str, Range<usize>) -> T,
        of_text: impl FnOnce(String) -> T,
    ) -> Option<T> {
        let bytes = self.text.as_bytes();
        let start = self.behind_next_quote()?;
        let end = plain(bytes, start)?;
        self.at = end;
        match Self::behind_quote(bytes, end) {
            Some(behind) => {
                self.at = behind;
                Some(of_place(self.text, start..end))
            }
            None => self.unescaped(start).map(of_text),
        }
    }

    /// The eight bytes that stand here.
    #[inline(always)]
    pub(super) fn eight(&self) -> Option<u64> {
        eight(self.text.as_bytes(), self.at)
    }

    /// Steps over a text if it stands here.
    #[inline(always)]
    pub(super) fn passes(&mut self, text: &str) -> bool {
        let is_here = self.text.as_bytes().get(self.at..self.at + text.len()) == Some(text.as_bytes());
        self.at += if is_here { text.len() } else { 0 };
        is_here
    }

    /// Steps over a string without escapes; where something else comes next, it stays.
    #[inline(always)]
    pub(super) fn unescaped_string(&mut self) -> Option<&'a str> {
        let bytes = self.text.as_bytes();
        let start = self.behind_next_quote()?;
        let end = plain(bytes, start)?;
        self.at = Self::behind_quote(bytes, end)?;
        Some(&self.text[start..end])
    }

    /// The place behind the quote that comes next.
    #[inline(always)]
    fn behind_next_quote(&mut self) -> Option<usize> {
        let bytes = self.text.as_bytes();
        match Self::behind_quote(bytes, self.at) {
            None if self.peek()? <= b' ' => {
                self.next()?;
                Self::behind_quote(bytes, self.at)
            }
            behind => behind,
        }
    }

    /// The place behind a quote that stands here.
    #[inline(always)]
    fn behind_quote(bytes: &[u8], at: usize) -> Option<usize> {
        if Q::ARE_ESCAPED {
            return (bytes.get(at..at + 2) == Some(b"\\\"")).then_some(at + 2);
        }
        (bytes.get(at) == Some(&b'"')).then_some(at + 1)
    }

    /// The text up to the next quote, backslash or control character.
    fn run(&mut self) -> Option<&'a str> {
        let start = self.at;
        self.at = plain(self.text.as_bytes(), start)?;
        Some(self.since(start))
    }

    /// A string that began at `start` and has its first backslash here, or something that no string has.
    #[cold]
    fn unescaped(&mut self, start: usize) -> Option<String> {
        let first = self.since(start);
        // Escapes make a text shorter; properties of the usual length grow once at most.
        let mut text = String::with_capacity(2 * first.len() + 128);
        text.push_str(first);
        loop {
            (!Q::ARE_ESCAPED && self.is_byte(b'\\')).then_some(())?;
            text.push(self.escape()?);
            text.push_str(self.run()?);
            if self.is_byte(b'"') {
                return Some(text);
            }
        }
    }

    fn escape(&mut self) -> Option<char> {
        let escape = self.peek()?;
        self.at += 1;
        Some(match escape {
            b'"' | b'\\' | b'/' => char::from(escape),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => return self.unicode(),
            _ => return None,
        })
    }

    fn unicode(&mut self) -> Option<char> {
        let first = self.hex()?;
        if !(0xd800..0xdc00).contains(&first) {
            return char::from_u32(first);
        }
        self.word("\\u")?;
        let second = self.hex()?;
        let is_pair = (0xdc00..0xe000).contains(&second);
        char::from_u32(0x1_0000 + ((first - 0xd800) << 10) + (is_pair.then_some(second)? - 0xdc00))
    }

    fn hex(&mut self) -> Option<u32> {
        let digits = self.text.as_bytes().get(self.at..self.at + 4)?;
        self.at += 4;
        digits.iter().try_fold(0, |code, digit| Some(code * 16 + char::from(*digit).to_digit(16)?))
    }
}

#[inline(always)]
fn eight(bytes: &[u8], at: usize) -> Option<u64> {
    bytes.get(at..)?.first_chunk().map(|chunk| u64::from_le_bytes(*chunk))
}

/// The number that eight bytes spell, the first of them the lowest, if all are digits. Neighbours are put together, as
/// numbers of two, four and eight digits.
#[inline(always)]
fn eight_digits(bytes: u64) -> Option<u64> {
    const ONES: u64 = u64::from_le_bytes([1; 8]);
    // A digit is 0x30 to 0x39: its upper half is 3, and so it is when 6 is added.
    let are_digits = bytes & (ONES * 0xf0) == ONES * 0x30
        && bytes.wrapping_add(ONES * 0x06) & (ONES * 0xf0) == ONES * 0x30;
    are_digits.then(|| {
        let digits = bytes & (ONES * 0x0f);
        let twos = (digits * 10 + (digits >> 8)) & 0x00ff_00ff_00ff_00ff;
        let fours = (twos * 100 + (twos >> 16)) & 0x0000_ffff_0000_ffff;
        (fours * 10_000 + (fours >> 32)) & 0xffff_ffff
    })
}

/// Where, from a place on, the first quote, backslash or control character stands; `None` if there is none of them.
///
/// Eight at a time: the lowest set high bit of `found` belongs to the first such byte. (Above it, borrows may set more.)
/// With its second bit flipped a quote is 0x20, and nothing but it and control characters is below 0x21.
#[inline(always)]
fn plain(bytes: &[u8], mut at: usize) -> Option<usize> {
    const ONES: u64 = u64::from_le_bytes([1; 8]);
    const HIGH: u64 = ONES << 7;
    for eight in bytes.get(at..)?.as_chunks().0 {
        let eight = u64::from_le_bytes(*eight);
        let (flipped, backslash) = (eight ^ (ONES * 0x02), eight ^ (ONES * 0x5c));
        let found = ((flipped.wrapping_sub(ONES * 0x21) & !flipped)
            | (backslash.wrapping_sub(ONES) & !backslash))
            & HIGH;
        if found != 0 {
            return Some(at + found.trailing_zeros() as usize / 8);
        }
        at += 8;
    }
    let is_end = |byte: &u8| matches!(byte, b'"' | b'\\' | 0..0x20);
    Some(at + bytes.get(at..)?.iter().position(is_end)?)
}
