//! Everything that can be done, as a list to be found by a few letters.

use std::sync::Arc;

use domain::{ModelInfo, ModelStatus, Shared};
use leptos::prelude::*;

use super::desk::{Desk, Pane};
use super::draft::DraftStoreFields;
use super::filters::Filters;
use super::fuzzy::fit;
use super::library::Asked;
use super::models::facts;
use super::overlays::{Overlay, Overlays};
use super::settings::Param;
use crate::browser;
use crate::drafts;

/// What a command does.
#[derive(Clone)]
pub enum Act {
    /// Goes to another page.
    Go(String),
    /// Something on this one.
    Do(Arc<dyn Fn() + Send + Sync>),
}

/// Something that can be done.
#[derive(Clone)]
pub struct Command {
    /// Under which heading it stands.
    pub group: &'static str,
    /// What it does.
    pub label: String,
    /// What else is to be known.
    pub note: String,
    /// Its icon.
    pub icon: &'static str,
    /// Its keys; `Mod` is Ctrl or ⌘.
    pub keys: &'static [&'static str],
    /// How it is done.
    pub act: Act,
}

/// A command that fits what was typed.
#[derive(Clone)]
pub struct Found {
    /// The command.
    pub command: Command,
    /// The letters that were typed, by their place in the label.
    pub marks: Vec<usize>,
}

fn act(
    group: &'static str,
    label: impl Into<String>,
    icon: &'static str,
    keys: &'static [&'static str],
    run: impl Fn() + Send + Sync + 'static,
) -> Command {
    Command { group, label: label.into(), note: String::new(), icon, keys, act: Act::Do(Arc::new(run)) }
}

fn go(label: &str, icon: &'static str, place: &str) -> Command {
    Command { group: GO, label: label.into(), note: String::new(), icon, keys: &[], act: Act::Go(place.into()) }
}

const PROMPT: &str = "This prompt";
const PARAMETERS: &str = "Parameters";
const MODELS: &str = "Models";
const GO: &str = "Go to";
const CARRY: &str = "Out and in";
const LOOKS: &str = "Looks and keys";

/// All commands of a page.
#[must_use]
pub fn all(overlays: Overlays) -> Vec<Command> {
    let desk = overlays.desk.get_untracked();
    let mut commands = desk.map(of_desk).unwrap_or_default();
    commands.extend(overlays.here.get_untracked().map(|here| here()).unwrap_or_default());
    commands.push(act(PROMPT, "Find a lost draft", "history", &[], move || overlays.show(Overlay::Drafts)));
    commands.push(act(PROMPT, "New prompt", "plus", &[], drafts::open_new));
    commands.extend(of_prompt(overlays));
    commands.extend(carrying(overlays));
    commands.extend(desk.map(parameters).unwrap_or_default());
    commands.extend(desk.map(models).unwrap_or_default());
    commands.extend([
        go("Playground", "terminal", "/"),
        go("Library", "library", "/library"),
        go("Compare", "columns-2", "/compare"),
        go("Runs", "history", "/runs"),
        go("Models and providers", "cpu", "/settings/models"),
        go("Appearance", "sun", "/settings/appearance"),
        go("Keyboard", "keyboard", "/settings/keyboard"),
        act(GO, "API documentation", "braces", &[], || browser::leave_for("/docs")),
    ]);
    let theme =
        |label: &str, icon, theme: &'static str| act(LOOKS, label, icon, &[], move || overlays.set_theme(theme));
    commands.extend([
        act(LOOKS, "All keyboard shortcuts", "keyboard", &["Mod", "/"], move || overlays.show(Overlay::Shortcuts)),
        act(LOOKS, "Show or hide navigation", "panel-left", &["Mod", "B"], browser::turn_nav),
        theme("Theme of the system", "monitor", "system"),
        theme("Light theme", "sun", "light"),
        theme("Dark theme", "moon", "dark"),
    ]);
    let single = overlays.single_keys.get_untracked();
    let label = if single { "Switch single keys off" } else { "Switch single keys on" };
    commands.push(act(LOOKS, label, "keyboard", &[], move || overlays.set_single_keys(!single)));
    commands
}

/// By which something leaves Etude, or comes in.
fn carrying(overlays: Overlays) -> Vec<Command> {
    let open = |label: &str, note: &str, icon, keys, overlay| Command {
        note: note.into(),
        ..act(CARRY, label, icon, keys, move || overlays.show(overlay))
    };
    let export = |label: &str, note: &str, address: String| Command {
        note: note.into(),
        ..act(CARRY, label, "download", &[], move || browser::download(&address))
    };
    let mut commands = Vec::new();
    if overlays.has_code() {
        commands.push(open("Code", "curl, Python, TypeScript, Rust", "code", &["Mod", "⇧", "E"], Overlay::Code));
    }
    if overlays.desk.with_untracked(Option::is_some) {
        commands.push(open("Share", "a link", "share-2", &[], Overlay::Share));
    }
    commands.push(open("Paste code", "curl, an SDK call, an exported prompt", "clipboard-paste", &[], Overlay::Paste));
    commands.push(open("My links", "", "link", &[], Overlay::Links));
    commands.push(open("Import", "JSON", "upload", &[], Overlay::Import));
    if let Some(id) =
        overlays.prompt.get_untracked().and_then(|opened| opened.with_untracked(|opened| Some(opened.as_ref()?.id)))
    {
        commands.push(export("Export this prompt", "JSON", format!("/v1/export?of={id}")));
        commands.push(export("Export this prompt to read", "Markdown", format!("/v1/export?of={id}&format=md")));
    }
    commands.push(export("Export everything", "JSON", "/v1/export?of=all".into()));
    commands
}

/// What shares something that a page shows.
#[must_use]
pub fn share(overlays: Overlays, what: Shared, name: &str) -> Command {
    let name = name.to_owned();
    act(CARRY, format!("Share {name}"), "share-2", &[], move || overlays.share(what, name.as_str()))
}

/// What leads to the runs that the one on the page can be compared with.
#[must_use]
pub fn compare_run(place: &str) -> Command {
    go("Compare with another run", "git-compare", place)
}

fn of_desk(desk: Desk) -> Vec<Command> {
    let running = untrack(|| desk.run.is_running());
    let mut commands = vec![if running {
        act(PROMPT, "Stop", "square", &["Esc"], move || desk.stop())
    } else {
        act(PROMPT, "Run", "play", &["Mod", "↵"], move || desk.start())
    }];
    if untrack(|| desk.can_continue()) {
        commands.push(act(PROMPT, "Continue from this output", "arrow-right", &["Mod", "⇧", "→"], move || {
            desk.continue_answer()
        }));
    }
    if !running && desk.run.text.with_untracked(|text| !text.is_empty()) {
        commands.push(act(PROMPT, "Add output as a message", "message-square", &["Alt", "↵"], move || {
            desk.take_answer()
        }));
    }
    commands.push(act(PROMPT, "Add a message", "plus", &[], move || desk.add_message()));
    commands.push(act(PROMPT, "Compare", "columns-2", &[], move || desk.compare(browser::go)));
    if untrack(|| desk.removed.with(Option::is_some)) {
        commands.push(act(PROMPT, "Bring back the removed message", "undo-2", &[], move || desk.restore_message()));
    }
    if let Some(run) = desk.run.id.get_untracked() {
        commands.push(Command { group: PROMPT, ..go("Open this run", "file-text", &format!("/runs/{run}")) });
    }
    commands
}

/// What can be done with the prompt that the page is about.
fn of_prompt(overlays: Overlays) -> Vec<Command> {
    let desk = overlays.desk.get_untracked();
    let save = act(PROMPT, "Save version", "save", &["Mod", "S"], move || overlays.show(Overlay::Save));
    let mut commands: Vec<Command> = desk.map(|_| save).into_iter().collect();
    let opened = overlays.prompt.get_untracked();
    let Some((opened, base)) = opened.and_then(|opened| Some((opened, opened.get_untracked()?))) else {
        return commands;
    };
    let place = |label: &str, icon, place: String| Command { group: PROMPT, ..go(label, icon, &place) };
    let id = base.id;
    commands.extend([
        act(PROMPT, "Name, tags, description", "pencil", &[], move || overlays.show(Overlay::Describe)),
        place("Version history", "history", format!("/p/{id}/history")),
    ]);
    if let Some(parent) = base.parent {
        let label = format!("Compare v{parent} with v{}", base.version);
        commands.push(place(&label, "git-compare", format!("/p/{id}/diff/{parent}..{}", base.version)));
    }
    match desk {
        Some(desk) => commands.push(act(PROMPT, "Fork", "git-fork", &[], move || desk.fork())),
        None => commands.push(place("Open in playground", "terminal", format!("/p/{id}"))),
    }
    let export = |form: &str| format!("/v1/export?of={id}{form}");
    let (json, markdown) = (export(""), export("&format=md"));
    let word = if base.archived { "Bring back" } else { "Archive" };
    commands.extend([
        act(PROMPT, "Export as JSON", "download", &[], move || browser::leave_for(&json)),
        act(PROMPT, "Export as Markdown", "download", &[], move || browser::leave_for(&markdown)),
        act(PROMPT, word, "archive", &[], move || {
            super::versions::archive(opened, !base.archived, move |error| overlays.trouble.set(Some(error)));
        }),
    ]);
    commands
}

fn parameters(desk: Desk) -> Vec<Command> {
    let model = untrack(|| desk.model());
    let mut commands =
        vec![act(PARAMETERS, "Show parameters", "sliders-horizontal", &["Mod", "."], move || desk.show_rail())];
    for param in Param::ALL.into_iter().filter(|param| !model.refuses(param.key())) {
        let sent = untrack(|| desk.setting(param)).send;
        let label = if sent { format!("Do not send {}", param.label()) } else { format!("Send {}", param.label()) };
        commands.push(act(PARAMETERS, label, "sliders-horizontal", &[], move || {
            desk.change_setting(param, |setting| setting.send = !sent);
            if !sent {
                desk.pane.set(Pane::Params);
                desk.rail.set(true);
                browser::focus_soon(param.key().into());
            }
        }));
    }
    commands
}

/// The models that can be chosen.
#[must_use]
pub fn models(desk: Desk) -> Vec<Command> {
    let chosen = desk.draft.model().get_untracked();
    let one = |model: &ModelInfo| {
        let name = model.name.clone();
        let use_it =
            act(MODELS, model.name.clone(), if model.name == chosen { "check" } else { "cpu" }, &[], move || {
                desk.draft.model().set(name.clone());
            });
        Command { note: facts(model), ..use_it }
    };
    desk.models.with_value(|models| models.iter().filter(|model| model.status != ModelStatus::Gone).map(one).collect())
}

/// How well it fits, and whether only letter by letter.
type Ranked = (i32, bool, Found);

/// The commands that fit what was typed: by heading, the best of each first, the heading with the best one first.
#[must_use]
pub fn find(commands: &[Command], typed: &str) -> Vec<(&'static str, Vec<Found>)> {
    let mut groups: Vec<(&'static str, Vec<Ranked>)> = Vec::new();
    for command in commands {
        let whole = format!("{} {}", command.label, command.note);
        let Some(fits) = fit(typed, &command.label)
            .or_else(|| fit(typed, &whole).map(|fits| super::fuzzy::Fit { score: fits.score - 64, ..fits }))
        else {
            continue;
        };
        let letters = command.label.chars().count();
        let marks = fits.marks.into_iter().filter(|mark| *mark < letters).collect();
        let found = (fits.score, fits.loose, Found { command: command.clone(), marks });
        match groups.iter_mut().find(|(group, _)| *group == command.group) {
            Some((_, list)) => list.push(found),
            None => groups.push((command.group, vec![found])),
        }
    }
    // What was found by its words makes what was found letter by letter a guess.
    if groups.iter().flat_map(|(_, list)| list).any(|(_, loose, _)| !loose) {
        for (_, list) in &mut groups {
            list.retain(|(_, loose, _)| !loose);
        }
        groups.retain(|(_, list)| !list.is_empty());
    }
    if !typed.trim().is_empty() {
        for (_, list) in &mut groups {
            list.sort_by_key(|(score, ..)| std::cmp::Reverse(*score));
        }
        groups.sort_by_key(|(_, list)| std::cmp::Reverse(list.first().map(|(score, ..)| *score)));
    }
    let plain = |list: Vec<Ranked>| list.into_iter().map(|(.., found)| found).collect();
    groups.into_iter().map(|(group, list)| (group, plain(list))).collect()
}

/// What is offered after everything that fits: to look for it among the prompts.
#[must_use]
pub fn search_prompts(typed: &str) -> Command {
    let asked = Asked { query: typed.trim().to_owned(), ..Asked::default() };
    let (label, place) = (format!("Search prompts for “{}”", typed.trim()), asked.address(None));
    Command { group: "Library", label, note: String::new(), icon: "search", keys: &[], act: Act::Go(place) }
}

/// What is offered after everything that fits: to look for it among the runs.
#[must_use]
pub fn search_runs(typed: &str) -> Command {
    let filters = Filters { query: typed.trim().to_owned(), ..Filters::default() };
    let label = format!("Search runs for “{}”", typed.trim());
    Command { group: "Runs", label, note: String::new(), icon: "search", keys: &[], act: Act::Go(filters.address()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fits_best_stands_first() {
        let commands = [
            go("Playground", "", "/"),
            go("Runs", "", "/runs"),
            act(PROMPT, "Run", "", &[], || {}),
            Command { note: "On this machine · free".into(), ..act(MODELS, "tiny", "", &[], || {}) },
        ];
        let found = find(&commands, "run");
        assert_eq!(found.iter().map(|(group, _)| *group).collect::<Vec<_>>(), [PROMPT, GO]);
        assert_eq!(found[0].1[0].marks, [0, 1, 2]);
        // A model is found by what is known of it, too.
        let found = find(&commands, "free");
        assert_eq!((found[0].0, found[0].1[0].marks.len()), (MODELS, 0));
        assert_eq!(find(&commands, "").iter().map(|(_, list)| list.len()).sum::<usize>(), 4);
        assert!(find(&commands, "zzz").is_empty());
    }
}
