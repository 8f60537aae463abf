//! What visitors are not told: who serves a model and where, and what providers and this server say of themselves.

use domain::event::{Failed, Notice, Queued, Started};
use domain::{ApiError, Code, Event, RunEvent, RunView};

use crate::tape::Entry;

/// The error as a visitor may read it. What is about their own doing stays; all else is told by its kind.
#[must_use]
pub fn error(error: ApiError) -> ApiError {
    let theirs = matches!(
        error.code,
        Code::UnfilledVariable
            | Code::ContextLengthExceeded
            | Code::BodyTooLarge
            | Code::UnsupportedMediaType
            | Code::UnknownField
            | Code::ConcurrencyExceeded
            | Code::Interrupted
    );
    let message = if theirs { error.message } else { format!("{}.", error.code.title()) };
    ApiError {
        hint: if theirs { error.hint } else { None },
        retryable: error.retryable,
        retry_after_ms: error.retry_after_ms,
        ..ApiError::new(error.code, message)
    }
}

/// The event as a visitor may read it; its kind, its place and its time stay.
fn body(body: RunEvent) -> RunEvent {
    match body {
        RunEvent::Started(started) => {
            RunEvent::Started(Started { provider: String::new(), endpoint: String::new(), ..started })
        }
        RunEvent::Queued(queued) => RunEvent::Queued(Queued { reason: String::new(), ..queued }),
        RunEvent::Notice(notice) => RunEvent::Notice(Notice { message: String::new(), ..notice }),
        RunEvent::Failed(failed) => RunEvent::Failed(Failed { error: error(failed.error), ..failed }),
        other => other,
    }
}

/// An entry of a log as a visitor may read it. One that cannot be read is nothing to them.
#[must_use]
pub fn entry(entry: Entry) -> Option<Entry> {
    use domain::EventKind::{Failed, Notice, Queued, Started};
    // The others hold nothing but the answer, and there are many.
    if !matches!(entry.kind, Failed | Notice | Queued | Started) {
        return Some(entry);
    }
    let event = entry.event().ok()?;
    let event = Event { body: body(event.body), ..event };
    Some(Entry { data: event.data().into(), ..entry })
}

/// What a run has become, as a visitor may see it.
#[must_use]
pub fn view(mut view: RunView) -> RunView {
    view.notices.clear();
    if let Some(started) = &mut view.started {
        started.provider.clear();
        started.endpoint.clear();
    }
    if let Some(queued) = &mut view.queued {
        queued.reason.clear();
    }
    view.error = view.error.map(error);
    view
}

#[cfg(test)]
mod tests {
    use domain::event::Usage;
    use domain::{EventKind, Params, RunId, Upstream};

    use super::*;

    fn failed() -> RunEvent {
        let mut error = ApiError::new(Code::UpstreamUnreachable, "canary-lab at http://canary.example is away.")
            .hint("See canary.")
            .retry(Some(7));
        error.upstream = Some(Box::new(Upstream { message: Some("canary".into()), ..Upstream::default() }));
        let usage = Usage::default();
        RunEvent::Failed(Failed { error, usage, cost_micros: None, queue_ms: 1, ttft_ms: None, total_ms: 2 })
    }

    fn started() -> RunEvent {
        RunEvent::Started(Started {
            run: RunId::from_bytes([1; 16]),
            model: "m".into(),
            resolved_model: "m-1".into(),
            provider: "canary".into(),
            endpoint: "http://canary.example".into(),
            cached: false,
            started_at: 1,
            params: Params::default(),
            input_tokens: None,
        })
    }

    #[test]
    fn e1_no_provider_and_no_words_of_one_reach_a_visitor() {
        let run = RunId::from_bytes([1; 16]);
        let queued = Queued { run, position: 1, estimate_ms: None, reason: "canary".into() };
        let notice = Notice { code: "n".into(), message: "canary".into() };
        let mut folded = RunView::default();
        for (seq, body) in
            [RunEvent::Queued(queued), started(), RunEvent::Notice(notice), failed()].into_iter().enumerate()
        {
            let event = Event { seq: seq as u64, at_ms: 9, body };
            folded.apply(&event);
            let before = Entry { seq: event.seq, kind: event.body.kind(), data: event.data().into() };
            assert!(before.text().contains("canary"));
            let after = entry(before.clone()).expect("it can be read");
            assert!(!after.text().contains("canary"), "{}", after.text());
            assert_eq!((after.seq, after.kind), (before.seq, before.kind));
            assert_eq!(after.event().expect("an event").at_ms, 9);
        }
        assert!(!format!("{:?}", view(folded)).contains("canary"));
        let delta = Entry { seq: 4, kind: EventKind::Delta, data: "{}".into() };
        assert_eq!(entry(delta.clone()), Some(delta));
    }

    #[test]
    fn what_a_visitor_did_is_told_in_full() {
        let theirs = ApiError::new(Code::UnfilledVariable, "`{{x}}` has no value.").hint("Fill it in.");
        assert_eq!(error(theirs.clone()), theirs);
        let ours = error(ApiError::new(Code::ModelNotFound, "No `a`. There are: b, c.").hint("b").retry(Some(3)));
        assert_eq!((ours.message.as_str(), ours.hint, ours.retry_after_ms), ("Unknown model.", None, Some(3)));
    }
}
