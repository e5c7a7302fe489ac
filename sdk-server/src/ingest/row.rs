use std::borrow::Cow;

use bowerbird_store::{Column, Record, Row};
use bowerbird_wire::{ItemId, SentEvent, SessionId, UserId};
use serde_json::Value;

use super::Entry;

/// What trainings and the live view ask of the log: who did what to which item, and when.
pub const HISTORY: [Column; 8] = [
    Column::ReceivedAt,
    Column::DatasetGroup,
    Column::User,
    Column::Session,
    Column::EventType,
    Column::Item,
    Column::EventValue,
    Column::SentAt,
];

/// What a record of the log says, column by column: the [`Reading`](bowerbird_store::Reading) of all that ingest writes.
pub fn row(record: &Record) -> Row<'_> {
    match Entry::decode(record) {
        Ok(Entry::Event { dataset_group, user_id, session_id, event, .. }) => {
            let user = user_id.map(UserId::into_text).or_else(|| identified(&event).map(Cow::Owned));
            event_row(dataset_group, user, session_id, event)
        }
        Ok(Entry::Refused { dataset_group, .. }) => {
            Row { outcome: "refused", dataset_group, ..Row::default() }
        }
        Ok(Entry::Duplicates { dataset_group, .. }) => {
            Row { outcome: "duplicates", dataset_group: Some(dataset_group), ..Row::default() }
        }
        Err(_) => Row { outcome: "unreadable", ..Row::default() },
    }
}

impl Entry<'_> {
    /// Whose event it is: the user of the call, or whom an Identify event of Amplify names in its properties.
    pub fn user(&self) -> Option<Cow<'_, str>> {
        let Self::Event { user_id, event, .. } = self else { return None };
        let signed_in = user_id.as_ref().map(|user| Cow::Borrowed(user.as_str()));
        signed_in.or_else(|| identified(event).map(Cow::Owned))
    }
}

fn event_row<'a>(
    dataset_group: Cow<'a, str>,
    user: Option<Cow<'a, str>>,
    session: SessionId<Cow<'a, str>>,
    event: SentEvent<'a>,
) -> Row<'a> {
    let is_interaction = event.is_interaction();
    Row {
        outcome: "accepted",
        dataset_group: Some(dataset_group),
        user,
        session: Some(session.into_text()),
        event_type: Some(event.event_type.into_text()),
        item: event.item_id.filter(|_| is_interaction).map(ItemId::into_text),
        event_value: event.event_value,
        sent_at_ms: Some(event.sent_at.0),
    }
}

/// Whom an Identify event of Amplify names in its properties.
pub fn identified(event: &SentEvent<'_>) -> Option<String> {
    if !event.event_type.is_identify() {
        return None;
    }
    let properties: Value = serde_json::from_str(event.whole().properties.as_deref()?).ok()?;
    Some(properties["userId"].as_str()?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(origin: &str, body: &str) -> Record {
        Record { origin: Some(origin.as_bytes().into()), ..Record::new(5, body) }
    }

    #[test]
    fn an_event_says_who_did_what_when() {
        let record = event(
            r#"{"datasetGroup":"g","userId":"u","sessionId":"s","skewMs":1000}"#,
            r#"{"eventType":"watch","sentAt":2.5,"itemId":"a\u00e9","eventValue":4,"unknown":true}"#,
        );
        let expected = Row {
            outcome: "accepted",
            dataset_group: Some("g".into()),
            user: Some("u".into()),
            session: Some("s".into()),
            event_type: Some("watch".into()),
            item: Some("aé".into()),
            event_value: Some(4.0),
            sent_at_ms: Some(3500),
        };
        assert_eq!(row(&record), expected);
    }

    #[test]
    fn a_list_says_the_same_as_an_object() {
        let body = r#"{"eventType":"watch","sentAt":1}"#;
        let pairs = [
            (r#"["g","s"]"#, r#"{"datasetGroup":"g","sessionId":"s"}"#),
            (r#"["g","s","u"]"#, r#"{"datasetGroup":"g","userId":"u","sessionId":"s"}"#),
            (r#"["g","s",null,7]"#, r#"{"datasetGroup":"g","sessionId":"s","skewMs":7}"#),
        ];
        for (list, object) in pairs {
            assert_eq!(row(&event(list, body)), row(&event(object, body)));
            assert_eq!(row(&event(list, body)).outcome, "accepted");
        }
    }

    #[test]
    fn an_identify_event_says_whom_it_names_and_is_no_interaction() {
        let record = event(
            r#"{"datasetGroup":"g","sessionId":"s"}"#,
            r#"{"eventType":"Identify","sentAt":1,"itemId":"a","properties":"{\"userId\":\"u\"}"}"#,
        );
        let said = row(&record);
        assert_eq!((said.user.as_deref(), said.item), (Some("u"), None));
    }

    #[test]
    fn what_is_no_event_says_what_became_of_it() {
        let refused = r#"{"refused":{"datasetGroup":"g","reason":"no","raw":"{}","door":"own"}}"#;
        let outcomes = [refused, r#"{"duplicates":{"datasetGroup":"g","count":3}}"#, "of a later version"]
            .map(|body| row(&Record::new(5, body)).outcome);
        assert_eq!(outcomes, ["refused", "duplicates", "unreadable"]);
    }
}
