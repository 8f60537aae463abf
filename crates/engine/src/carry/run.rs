//! A run as an entry of a file, and back.

use domain::limits::{INLINE_BODY_BYTES_MAX, MODEL_NAME_BYTES_MAX, REQUEST_ID_BYTES_MAX};
use domain::strict::{self, Mistake};
use domain::{RunEvent, RunView};

use super::format::{Events, RunEntry};
use super::rules::{NUL, digest_of, is_time, mistake};
use crate::error::Error;
use crate::log::Opened;
use crate::principal::Principal;
use crate::store::carry::WholeRun;
use crate::store::versions::hex;
use crate::store::{Ended, assemble};
use crate::wire;

/// Largest request of a run, in bytes: over the inline limit, since what a client sent is kept in other words.
const REQUEST_BYTES_MAX: usize = 4 * INLINE_BODY_BYTES_MAX;

impl RunEntry {
    /// A run as an entry.
    ///
    /// # Errors
    /// When what was kept cannot be read.
    pub fn of(whole: WholeRun) -> Result<Self, Error> {
        let WholeRun { opened, tape, wires } = whole;
        let run = assemble(&opened, tape.view()?)?;
        Ok(Self {
            id: run.id,
            status: run.status,
            model: run.model,
            resolved_model: run.resolved_model,
            provider: run.provider,
            endpoint: run.endpoint,
            wire: run.wire,
            request: run.request,
            params: run.params,
            output: run.output,
            finish_reason: run.finish_reason,
            usage: run.usage,
            cost_micros: run.cost_micros,
            queue_ms: run.queue_ms,
            ttft_ms: run.ttft_ms,
            total_ms: run.total_ms,
            error: run.error,
            parent: run.parent,
            prompt: opened.prompt.map(|(prompt, _)| prompt),
            version: opened.prompt.map(|(_, version)| version),
            comparison: opened.group,
            request_digest: run.request_id.as_ref().map(|_| hex(&opened.digest())),
            request_id: run.request_id,
            created_at: run.created_at,
            events: Events(tape),
            wires,
        })
    }

    /// The run that it is, for whoever imports it; it is read from request, events and wires.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn checked(self, principal: &Principal) -> Result<WholeRun, Vec<Mistake>> {
        let mut wrong = Vec::new();
        let mut refuse = |path: &str, why: &str| wrong.push(mistake(path, why));
        if self.model.is_empty() || self.model.len() > MODEL_NAME_BYTES_MAX {
            refuse("model", "is no name of a model.");
        }
        if !self.request.as_str().starts_with('{') {
            refuse("request", "is no object.");
        }
        if strict::refuse_nul(self.request.as_str()).is_err() {
            refuse("request", NUL);
        }
        if self.request.as_str().len() > REQUEST_BYTES_MAX {
            refuse("request", &format!("is larger than {} MiB.", REQUEST_BYTES_MAX / 1024 / 1024));
        }
        if self.request_id.as_ref().is_some_and(|id| id.is_empty() || id.len() > REQUEST_ID_BYTES_MAX) {
            refuse("request_id", &format!("is not 1 to {REQUEST_ID_BYTES_MAX} bytes long."));
        }
        if !is_time(self.created_at) {
            refuse("created_at", "is no time in microseconds since 1970.");
        }
        if self.prompt.is_some() != self.version.is_some() {
            refuse("version", "stands beside `prompt`, or both are absent.");
        }
        let digest = self.request_digest.as_deref().map(digest_of);
        if digest == Some(None) {
            refuse("request_digest", "is not 64 lower-case hex digits.");
        }
        match self.view() {
            Err(mistake) => wrong.push(mistake),
            Ok(view) if view.status != self.status => {
                let why = format!("is `{}`, but the events end as `{}`.", self.status.as_str(), view.status.as_str());
                wrong.push(mistake("status", why));
            }
            Ok(view) if view.output.text != self.output.text => {
                wrong.push(mistake("output.text", "is not what the events add up to; the file was changed by hand."));
            }
            Ok(_) => {}
        }
        if !wrong.is_empty() {
            return Err(wrong);
        }
        let opened = Opened {
            run: self.id,
            workspace: principal.workspace,
            user: principal.user,
            request: self.request.as_str().to_owned(),
            model: self.model,
            client_digest: digest.flatten().filter(|_| self.request_id.is_some()),
            request_id: self.request_id,
            parent: self.parent,
            prompt: self.prompt.zip(self.version),
            group: self.comparison,
            wire: self.wire,
            created_at: self.created_at,
        };
        Ok(WholeRun { opened, tape: self.events.0, wires: self.wires })
    }

    /// What the events add up to: all of them can be read, and the last one is the end.
    fn view(&self) -> Result<RunView, Mistake> {
        let mut view = RunView::default();
        let last = self.events.0.len().checked_sub(1).ok_or_else(|| mistake("events", "is empty."))?;
        for entry in self.events.0.read(0, usize::MAX) {
            let at = |why: &str| Err(mistake(format!("events[{}]", entry.seq), why));
            let Ok(event) = entry.event() else { return at("has data that is not of its kind.") };
            if event.body.kind().is_end() != (entry.seq == last) {
                return at(if entry.seq == last {
                    "is the last one, but no end."
                } else {
                    "is an end, but not the last one."
                });
            }
            let run = match &event.body {
                RunEvent::Queued(queued) => queued.run,
                RunEvent::Started(started) => started.run,
                _ => self.id,
            };
            if run != self.id {
                return at("is of another run.");
            }
            view.apply(&event);
        }
        Ok(view)
    }
}

impl WholeRun {
    /// The run as it is kept.
    ///
    /// # Errors
    /// When there is no memory.
    pub fn pack(self) -> Result<Ended, Error> {
        let wire = self.wires.iter().map(wire::pack).collect::<Result<_, _>>()?;
        Ended::new(self.opened, self.tape, wire)
    }
}
