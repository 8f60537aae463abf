//! The desk's prompt: which version was opened, whether the fields still say the same, and what saving makes of it.

use std::collections::BTreeMap;
use std::fmt;
use std::num::ParseIntError;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use domain::comparison::Column;
use domain::prompt::Saved;
use domain::{ApiError, Code, ComparisonSpec, NewRun, Preset, PromptContent, PromptId};
use leptos::prelude::*;
use leptos::task::spawn_local;
use serde::{Deserialize, Serialize};

use super::compose::Refusal;
use super::desk::Desk;
use super::draft::{Draft, DraftStoreFields};
use crate::api::comparisons::create_comparison;
use crate::api::error::PageError;
use crate::api::prompts::{archive_prompt, fork_prompt, get_prompt};
use crate::browser;
use crate::live::Link;

/// The prompt that a page is about, with the version that is shown.
pub type Opened = RwSignal<Option<Arc<Preset>>>;

/// How long after a change the fields are held against the version that was opened.
const LOOK_AFTER: Duration = Duration::from_millis(120);

/// One side of a comparison of a prompt with itself, as an address has it: `12`, `draft`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Side {
    /// A version, by its number.
    Version(u32),
    /// What stands in the playground of this tab and is not saved.
    Draft,
}

impl Side {
    /// What it is called on the page.
    #[must_use]
    pub fn name(self) -> String {
        match self {
            Self::Version(number) => format!("v{number}"),
            Self::Draft => "draft".to_owned(),
        }
    }

    /// The number of the version that it is.
    #[must_use]
    pub const fn version(self) -> Option<u32> {
        match self {
            Self::Version(number) => Some(number),
            Self::Draft => None,
        }
    }
}

impl FromStr for Side {
    type Err = ParseIntError;

    fn from_str(text: &str) -> Result<Self, ParseIntError> {
        if text == "draft" { Ok(Self::Draft) } else { text.parse().map(Self::Version) }
    }
}

impl fmt::Display for Side {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Version(number) => number.fmt(to),
            Self::Draft => to.write_str("draft"),
        }
    }
}

/// Two versions that were made of the same one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Clash {
    /// Whose versions.
    pub prompt: PromptId,
    /// What both were made of.
    pub parent: u32,
    /// What somebody else saved meanwhile.
    pub theirs: u32,
    /// What was saved here.
    pub yours: u32,
}

/// What a version is called besides its number, as the dialog that saves it has it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Named {
    /// The prompt's name.
    pub name: String,
    /// Its tags.
    pub tags: Vec<String>,
    /// What was changed.
    pub note: String,
    /// The labels that move to it.
    pub labels: Vec<String>,
}

/// Whether a draft still says what the version holds, values of variables aside: those are a run's.
#[must_use]
pub fn says_the_same(draft: &Draft, content: &PromptContent) -> bool {
    draft.content().is_ok_and(|now| PromptContent { inputs: content.inputs.clone(), ..now } == *content)
}

impl Desk {
    /// The base: the version that the fields were made of, where it is known here.
    #[must_use]
    pub fn base(&self) -> Option<Arc<Preset>> {
        let of = self.draft.try_read_untracked().map(|draft| (draft.prompt, draft.version));
        let base = self.opened.try_get_untracked().flatten();
        base.filter(|base| of == Some((Some(base.id), Some(base.version))))
    }

    /// Whether the fields say something else than the version that they were made of; nothing where that is not known.
    #[must_use]
    pub fn differs(&self) -> Option<bool> {
        let base = self.base()?;
        Some(!says_the_same(&*self.draft.try_read_untracked()?, &base.content))
    }

    /// Keeps what is known of the prompt in step with the draft.
    pub fn follow_version(self) {
        let draft = self.draft;
        Effect::new(move || {
            let (prompt, version) = (draft.prompt().get(), draft.version().get());
            // Asked again once the server is back.
            _ = self.live.link.get() == Link::Open;
            let Some(prompt) = prompt else {
                if self.opened.with_untracked(Option::is_some) {
                    self.opened.set(None);
                }
                return;
            };
            let known = self.opened.with_untracked(|opened| {
                opened.as_ref().is_some_and(|base| base.id == prompt && version == Some(base.version))
            });
            if !known {
                spawn_local(self.read_version(prompt, version));
            }
        });
        let timer = StoredValue::new(None::<TimeoutHandle>);
        let look = move || _ = self.edited.try_set(self.differs().unwrap_or_default());
        Effect::new(move || {
            draft.track();
            self.opened.track();
            timer.update_value(|timer| {
                if let Some(timer) = timer.take() {
                    timer.clear();
                }
                *timer = set_timeout_with_handle(look, LOOK_AFTER).ok();
            });
        });
        on_cleanup(move || {
            if let Some(timer) = timer.try_update_value(Option::take).flatten() {
                timer.clear();
            }
        });
    }

    async fn read_version(self, prompt: PromptId, version: Option<u32>) {
        let answer = get_prompt(prompt, version).await;
        let wanted = || self.draft.try_read_untracked().map(|draft| (draft.prompt, draft.version));
        if wanted() != Some((Some(prompt), version)) {
            return;
        }
        match answer {
            Ok(preset) => {
                if version.is_none() {
                    self.draft.version().set(Some(preset.version));
                }
                self.opened.set(Some(Arc::new(preset)));
            }
            // Of another server, perhaps: what stands in the fields is a prompt of its own then.
            Err(PageError(error)) if error.code == Code::NotFound => {
                self.draft.prompt().set(None);
                self.draft.version().set(None);
            }
            Err(_) => {}
        }
    }

    /// The run that names the version in place of its content, where it is that version to the byte.
    #[must_use]
    pub fn by_reference(&self, run: NewRun) -> NewRun {
        // One that was put away is run by what it says: it is in no list, also for runs.
        let Some(base) = self.base().filter(|base| !base.archived) else { return run };
        let asked = PromptContent { inputs: base.content.inputs.clone(), ..PromptContent::of_run(run.clone()) };
        if asked != base.content {
            return run;
        }
        NewRun {
            prompt: Some(base.id),
            version: Some(base.version),
            inputs: run.inputs,
            parent: run.parent,
            ..NewRun::new(String::new(), Vec::new())
        }
    }

    /// Goes on from the version that was just saved. Says whether somebody else had saved one meanwhile.
    pub fn adopt(&self, saved: &Saved, content: PromptContent, named: Named) -> Option<Clash> {
        let (before, parent) = (self.opened.get_untracked(), self.draft.version().get_untracked());
        let seen = self.draft.head().get_untracked().or(parent);
        let before = before.filter(|before| before.id == saved.id);
        let mut labels = before.as_ref().map(|before| before.labels.clone()).unwrap_or_default();
        labels.extend(named.labels.into_iter().map(|label| (label, saved.version)));
        let head = saved.version.max(saved.behind.unwrap_or_default());
        let base = Preset {
            id: saved.id,
            name: named.name,
            description: before.as_ref().map(|before| before.description.clone()).unwrap_or_default(),
            tags: named.tags,
            favourite: before.as_ref().is_some_and(|before| before.favourite),
            labels,
            head,
            version: saved.version,
            version_id: saved.version_id,
            digest: saved.digest.clone(),
            parent,
            merged: None,
            note: named.note,
            author: before.as_ref().map(|before| before.author.clone()).unwrap_or_default(),
            created_at: before.as_ref().map_or(saved.updated_at, |before| before.created_at),
            updated_at: saved.updated_at,
            saved_at: saved.updated_at,
            example: false,
            archived: before.as_ref().is_some_and(|before| before.archived),
            content,
        };
        self.stand_on(base);
        self.told.set(format!("Saved as v{}.", saved.version));
        let theirs = saved.behind.filter(|behind| saved.created && seen.is_some_and(|seen| *behind > seen))?;
        Some(Clash { prompt: saved.id, parent: parent?, theirs, yours: saved.version })
    }

    /// Makes this the version that the fields were made of. The fields stay as they are.
    pub fn stand_on(&self, base: Preset) {
        let (id, version, head) = (base.id, base.version, base.head);
        // First: the draft's prompt is looked up where it is another one.
        self.opened.set(Some(Arc::new(base)));
        self.draft.update(|draft| {
            (draft.prompt, draft.version, draft.head) = (Some(id), Some(version), Some(head));
            draft.origin = None;
        });
        self.edited.set(self.differs().unwrap_or_default());
        browser::replace_address(&format!("/p/{id}"));
    }

    /// Puts a version into the fields. The run that is shown and values that are typed stay.
    pub fn take_version(&self, preset: Preset) {
        let mut draft = Draft::of_preset(&preset);
        self.models.with_value(|models| draft.know_model(models));
        self.draft.update(|now| {
            for (name, value) in std::mem::take(&mut now.inputs) {
                draft.inputs.insert(name, value);
            }
            draft.unsaved = std::mem::take(&mut now.unsaved);
            (draft.run, draft.parent, draft.starting) = (now.run, now.parent, now.starting.take());
            *now = draft;
        });
        self.stand_on(preset);
    }

    /// Makes a prompt of its own of the version, with what was changed since.
    pub fn fork(self) {
        let Some(base) = self.base() else { return };
        spawn_local(async move {
            match fork_prompt(base.id, Some(base.version)).await {
                Ok(saved) => match get_prompt(saved.id, Some(saved.version)).await {
                    Ok(preset) => {
                        self.told.set(format!("Forked as “{}”.", preset.name));
                        self.stand_on(preset);
                    }
                    Err(PageError(error)) => self.refuse(error),
                },
                Err(PageError(error)) => self.refuse(error),
            }
        });
    }

    /// Sets this prompt beside a copy of itself, to be changed there.
    pub fn compare(self, go: impl Fn(&str) + 'static) {
        if self.comparing.get_untracked() {
            return;
        }
        browser::editors::settle_editors();
        let draft = self.draft.get_untracked();
        let content = match draft.content() {
            Ok(content) => content,
            Err(refusal) => return self.run.refuse(refusal),
        };
        let edited = self.differs().unwrap_or(true);
        let version = self.base().map(|base| base.version);
        let column = |id| Column {
            id,
            prompt: draft.prompt.filter(|_| version.is_some()),
            version,
            edited: edited && version.is_some(),
            content: content.clone(),
        };
        let variables = draft.variables();
        let row: BTreeMap<_, _> = draft
            .inputs
            .iter()
            .filter(|(name, value)| variables.contains(name) && !value.is_empty())
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        let spec = ComparisonSpec {
            columns: vec![column(1), column(2)],
            rows: vec![row],
            repetitions: 1,
            ..ComparisonSpec::default()
        };
        let name = self.opened.with_untracked(|opened| opened.as_ref().map(|base| base.name.clone()));
        self.comparing.set(true);
        spawn_local(async move {
            let answer = create_comparison(name.unwrap_or_default(), spec).await;
            self.comparing.try_set(false);
            match answer {
                Ok(comparison) => go(&format!("/compare?id={}", comparison.id)),
                Err(PageError(error)) => self.refuse(error),
            }
        });
    }

    fn refuse(&self, error: ApiError) {
        if self.opened.try_get_untracked().is_some() {
            self.run.refuse(Refusal::from(error));
        }
    }
}

/// Puts a prompt away, or brings it back.
pub fn archive(opened: Opened, archived: bool, failed: impl Fn(ApiError) + 'static) {
    let Some(base) = opened.get_untracked() else { return };
    spawn_local(async move {
        match archive_prompt(base.id, archived).await {
            Ok(()) => {
                let changed = move |opened: &mut Option<Arc<Preset>>| {
                    if let Some(now) = opened.as_mut().filter(|now| now.id == base.id) {
                        Arc::make_mut(now).archived = archived;
                    }
                };
                opened.try_update(changed);
            }
            Err(PageError(error)) => failed(error),
        }
    });
}

#[cfg(test)]
mod tests {
    use domain::ModelInfo;

    use super::*;

    #[test]
    fn a4_values_of_variables_do_not_make_a_version_edited() {
        let mut draft = Draft::example(&ModelInfo::named("m", "p"));
        draft.messages[0].text = "About {{topic}}".into();
        draft.inputs.insert("topic".into(), "rivers".into());
        let content = draft.content().expect("content");
        draft.inputs.insert("topic".into(), "lakes".into());
        assert!(says_the_same(&draft, &content));
        draft.messages[0].text.push('!');
        assert!(!says_the_same(&draft, &content));
        draft.tools = "[".into();
        assert!(!says_the_same(&draft, &content), "what cannot be read is a change");
    }
}
