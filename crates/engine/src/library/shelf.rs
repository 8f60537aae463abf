//! What of the library is in memory: every workspace's index, and the contents that runs of a prompt ask for.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use domain::{PromptContent, PromptId, WorkspaceId};
use tokio::sync::RwLock;

use super::entry::Entry;
use super::examples::EXAMPLES;
use super::index::Index;
use crate::error::Error;
use crate::store::Store;
use crate::store::prompts::PromptRow;

/// Prompts that are read into memory again at a time; searches go on in between.
const RELOADED_AT_ONCE: usize = 200;

/// What of the library is in memory.
#[derive(Default)]
pub struct Shelf {
    indexes: Arc<RwLock<HashMap<WorkspaceId, Index>>>,
    contents: Mutex<HashMap<(PromptId, u32), Arc<PromptContent>>>,
}

impl Shelf {
    /// Reads every prompt into memory, behind the readers' backs: whoever asks meanwhile waits.
    pub(crate) fn load(&self, store: Store) {
        // Taken before anybody can ask.
        let Ok(mut indexes) = self.indexes.clone().try_write_owned() else { return };
        tokio::spawn(async move {
            let load = store.every_prompt(|workspace, row, text| {
                indexes.entry(workspace).or_insert_with(with_examples).put(Entry::of_row(row, text));
            });
            if let Err(error) = load.await {
                tracing::error!(%error, "the library cannot be read; a prompt is found again once it is saved");
            }
            indexes.values_mut().for_each(Index::settle);
        });
    }

    /// Reads prompts into memory again, after they were written by another way than saving.
    pub(crate) async fn reload(&self, store: &Store, of: WorkspaceId, prompts: &[PromptId]) -> Result<(), Error> {
        // An import may name one twice.
        let prompts: HashSet<PromptId> = prompts.iter().copied().collect();
        let each: Vec<PromptId> = prompts.iter().copied().collect();
        for some in each.chunks(RELOADED_AT_ONCE) {
            // Before they are read, so that nobody puts in what is newer than they are.
            let mut indexes = self.indexes.write().await;
            let mut rows = store.prompts(of, some).await?;
            let mut texts = store.prompt_texts(some).await?;
            let index = indexes.entry(of).or_insert_with(with_examples);
            for prompt in some {
                match (rows.remove(prompt), EXAMPLES.iter().find(|example| example.id == *prompt)) {
                    (Some(row), _) => index.put(Entry::of_row(row, texts.remove(prompt).unwrap_or_default())),
                    (None, Some(example)) => index.put(Entry::of_example(example)),
                    (None, None) => index.remove(*prompt),
                }
            }
        }
        self.contents().retain(|(prompt, _), _| !prompts.contains(prompt));
        Ok(())
    }

    /// Takes in what was saved, unless what was saved after it has come first.
    pub(super) async fn put(&self, of: WorkspaceId, row: PromptRow, text: String) {
        let mut indexes = self.indexes.write().await;
        let index = indexes.entry(of).or_insert_with(with_examples);
        if index.updated_at(row.id).is_none_or(|at| at <= row.updated_at) {
            index.put(Entry::of_row(row, text));
        }
    }

    pub(super) fn contents(&self) -> std::sync::MutexGuard<'_, HashMap<(PromptId, u32), Arc<PromptContent>>> {
        self.contents.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks the index of a workspace, which has at least the examples.
    pub(super) async fn ask<T>(&self, of: WorkspaceId, ask: impl FnOnce(&Index) -> T) -> T {
        let indexes = self.indexes.read().await;
        match indexes.get(&of) {
            Some(index) => ask(index),
            None => ask(&with_examples()),
        }
    }
}

fn with_examples() -> Index {
    let mut index = Index::default();
    EXAMPLES.iter().for_each(|example| index.put(Entry::of_example(example)));
    index
}
