//! Titles and categories of items as the examples read them.

use std::error::Error;

use bowerbird_ranker::Kind;
use bowerbird_recipes::ItemTable;

/// The name of a column of numbers, and its value for an item.
pub(crate) type Numbers<'a> = (&'a str, &'a dyn Fn(&str) -> f64);

/// TITLE and GENRES of a table with a header, item first and columns title and genres or attribute_ids, whose words are
/// separated by spaces or bars; a column that is not there is empty. And what is `more`.
pub(crate) fn described(
    text: &str,
    more: Option<Numbers<'_>>,
    is_wanted: impl Fn(&str) -> bool,
) -> Result<ItemTable, Box<dyn Error>> {
    let mut lines = text.lines().map(|line| line.split('\t').collect::<Vec<_>>());
    let header = lines.next().unwrap_or_default();
    let at = |names: &[&str]| header.iter().position(|column| names.contains(column));
    let (title, genres) = (at(&["title"]), at(&["genres", "attribute_ids"]));
    let columns = [("TITLE", Kind::Text), ("GENRES", Kind::Category)];
    let columns = columns.into_iter().chain(more.map(|(name, _)| (name, Kind::Number)));
    let mut items = ItemTable::new(columns.map(|(name, kind)| (name.to_owned(), kind)));
    for fields in lines.filter(|fields| is_wanted(fields[0])) {
        let field = |place: Option<usize>| place.and_then(|place| fields.get(place)).copied().unwrap_or("");
        items.set(fields[0], "TITLE", field(title))?;
        items.set(fields[0], "GENRES", &field(genres).replace(' ', "|"))?;
        if let Some((name, value)) = more {
            items.set(fields[0], name, &value(fields[0]).to_string())?;
        }
    }
    Ok(items)
}
