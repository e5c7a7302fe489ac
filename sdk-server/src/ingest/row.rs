use std::borrow::Cow;

use bowerbird_store::{Column, Row};
use bowerbird_wire::{ItemId, SentEvent, SessionId, UserId};
use serde_json::Value;

use super::Entry;
use super::entry::{Call, Common};

/// What trainings and the live view ask of the log: who did what to which item, and when.
pub const HISTORY: [Column; 8] = [
    Column::ReceivedAt,
    Column::DatasetGroup,
    Column::User,
    Column::Session,
    Column::EventType,
    Column::Item,
    Column::SentAt,
    Column::EventValue,
];

/// The same without its last, what goes with it: what the live view asks. For nearly every event that is seen at a glance.
pub const VISITS: &[Column] = HISTORY.split_at(HISTORY.len() - 1).0;

/// What the records of a call say, column by column: the [`Reading`](bowerbird_store::Reading) of all that ingest writes.
pub fn rows<'a>(
    wanted: &[Column],
    origin: Option<&'a [u8]>,
    bodies: &mut dyn Iterator<Item = &'a [u8]>,
    each: &mut dyn FnMut(&Row<'a>),
) {
    let Ok(call) = Call::read(origin) else { return bodies.for_each(|_| each(&UNREADABLE)) };
    let (mut said, wants_value) = (call.common().map(of_call), wanted.contains(&Column::EventValue));
    bodies.for_each(|body| {
        if let Some(said) = &mut said
            && let Some(seen) = call.glance(body)
            && let Some(event_value) = if wants_value { seen.event_value() } else { Some(None) }
        {
            said.event_type = Some(seen.event_type.into());
            said.item = Some(seen.item_id.into());
            said.event_value = event_value;
            said.sent_at_ms = Some(seen.sent_at.0);
            return each(said);
        }
        each(&call.entry(body).map_or(UNREADABLE, row));
    });
}

const UNREADABLE: Row<'_> = Row {
    outcome: "unreadable",
    dataset_group: None,
    user: None,
    session: None,
    event_type: None,
    item: None,
    event_value: None,
    sent_at_ms: None,
};

fn row(entry: Entry<'_>) -> Row<'_> {
    match entry {
        Entry::Event { dataset_group, user_id, session_id, event, .. } => {
            let user = user_id.map(UserId::into_text).or_else(|| identified(&event).map(Cow::Owned));
            event_row(dataset_group, user, session_id, event)
        }
        Entry::Refused { dataset_group, .. } => Row { outcome: "refused", dataset_group, ..UNREADABLE },
        Entry::Duplicates { dataset_group, .. } => {
            Row { outcome: "duplicates", dataset_group: Some(dataset_group), ..UNREADABLE }
        }
    }
}

/// What the interactions of a call say alike.
fn of_call<'a>(common: &Common<'a>) -> Row<'a> {
    Row {
        outcome: "accepted",
        dataset_group: Some(common.dataset_group.clone()),
        user: common.user_id.clone().map(UserId::into_text),
        session: Some(common.session_id.clone().into_text()),
        ..UNREADABLE
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

    fn said<'a>(origin: Option<&'a str>, body: &'a str) -> Row<'a> {
        asked(&Column::ALL, origin, body)
    }

    fn asked<'a>(wanted: &[Column], origin: Option<&'a str>, body: &'a str) -> Row<'a> {
        let mut said = Vec::new();
        rows(wanted, origin.map(str::as_bytes), &mut [body.as_bytes()].into_iter(), &mut |row| {
            said.push(row.clone())
        });
        said.pop().unwrap()
    }

    /// Without looking at anything at a glance.
    fn read<'a>(origin: Option<&'a str>, body: &'a str) -> Row<'a> {
        let call = Call::read(origin.map(str::as_bytes));
        call.ok().and_then(|call| call.entry(body.as_bytes()).ok().map(row)).map_or(UNREADABLE, |row| row)
    }

    #[test]
    fn an_event_says_who_did_what_when() {
        let said = said(
            Some(r#"{"datasetGroup":"g","userId":"u","sessionId":"s","skewMs":1000}"#),
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
        assert_eq!(said, expected);
    }

    #[test]
    fn what_is_seen_at_a_glance_is_what_all_of_it_says() {
        let bodies = [
            r#"{"eventId":"e","eventType":"watch","itemId":"a\u00e9","sentAt":2.5,"properties":"{\"a\":1}"}"#,
            r#"{"sentAt":2,"itemId":"a","eventType":"watch","eventValue":4}"#,
            r#"{"eventValue":5,"sentAt":2,"itemId":"a","eventType":"watch"}"#,
            r#"{"eventType":"watch","itemId":"a","sentAt":2,"properties":{"eventValue":3}}"#,
            r#"{"eventType":"watch","itemId":"a","sentAt":2,"properties":{"\u0065ventValue":3}}"#,
            r#"{"eventType":"watch","itemId":"a","sentAt":2,"properties":"{\"a\":1}"}"#,
            r#"{"eventType":"watch","sentAt":2,"properties":"{\"itemId\":\"b\"}"}"#,
            r#"{"eventType":"watch","sentAt":2,"itemId":null}"#,
            r#"{"eventType":"Identify","sentAt":1,"itemId":"a","properties":"{\"userId\":\"u\"}"}"#,
            r#"{"duplicates":{"datasetGroup":"g","count":3}}"#,
        ];
        for origin in [r#"["g","s"]"#, r#"["g","s","u"]"#, r#"["g","s",null,-7]"#, "of a later version"] {
            for (origin, body) in bodies.iter().flat_map(|body| [(Some(origin), *body), (None, *body)]) {
                let all = read(origin, body);
                assert_eq!(said(origin, body), all, "{origin:?} {body}");
                let visit = Row { event_value: None, ..asked(VISITS, origin, body) };
                assert_eq!(visit, Row { event_value: None, ..all }, "{origin:?} {body}");
            }
        }
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
            assert_eq!(said(Some(list), body), said(Some(object), body));
            assert_eq!(said(Some(list), body).outcome, "accepted");
        }
    }

    #[test]
    fn an_identify_event_says_whom_it_names_and_is_no_interaction() {
        let said = said(
            Some(r#"{"datasetGroup":"g","sessionId":"s"}"#),
            r#"{"eventType":"Identify","sentAt":1,"itemId":"a","properties":"{\"userId\":\"u\"}"}"#,
        );
        assert_eq!((said.user.as_deref(), said.item), (Some("u"), None));
    }

    #[test]
    fn what_is_no_event_says_what_became_of_it() {
        let refused = r#"{"refused":{"datasetGroup":"g","reason":"no","raw":"{}","door":"own"}}"#;
        let outcomes = [refused, r#"{"duplicates":{"datasetGroup":"g","count":3}}"#, "of a later version"]
            .map(|body| said(None, body).outcome);
        assert_eq!(outcomes, ["refused", "duplicates", "unreadable"]);
    }
}
