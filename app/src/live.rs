//! The tab's one connection: runs are started, tailed and cancelled over it, and survive its loss.

#[cfg(feature = "hydrate")]
mod socket;

use domain::live::CellsFrame;
use domain::{ComparisonId, NewRun, RunId};
use leptos::prelude::*;

use crate::state::run::RunState;

/// How the connection is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Link {
    /// Opened for the first time, and no answer yet.
    Opening,
    /// It works.
    Open,
    /// Nobody looks and nothing runs: it was let go of, and is opened again when somebody does.
    Resting,
    /// It is gone. `retry_at` is by this page's clock; without it, a try is under way.
    Lost {
        /// When the next try begins.
        retry_at: Option<f64>,
    },
}

/// A handle on the connection. On the server it does nothing.
#[derive(Debug, Clone, Copy)]
pub struct Live {
    /// How the connection is.
    pub link: RwSignal<Link>,
    /// Since when, by this page's clock.
    pub since: RwSignal<f64>,
    /// The build of the server, where it is another one than this page's.
    pub newer: RwSignal<bool>,
    #[cfg(feature = "hydrate")]
    socket: StoredValue<std::rc::Rc<socket::Socket>, LocalStorage>,
}

impl Default for Live {
    fn default() -> Self {
        Self {
            link: RwSignal::new(Link::Opening),
            since: RwSignal::new(0.0),
            newer: RwSignal::new(false),
            #[cfg(feature = "hydrate")]
            socket: StoredValue::new_local(std::rc::Rc::default()),
        }
    }
}

#[cfg_attr(not(feature = "hydrate"), expect(unused_variables, reason = "the server has no connection to itself"))]
impl Live {
    /// Opens the connection and keeps it open.
    pub fn open(&self) {
        #[cfg(feature = "hydrate")]
        socket::Socket::open(self.socket.get_value(), *self);
    }

    /// Starts a run and tails it into `state`. Kept and sent later when there is no connection.
    pub fn start(&self, state: RunState, run: NewRun) {
        state.starting.set(true);
        #[cfg(feature = "hydrate")]
        self.socket.get_value().start(state, run);
    }

    /// Tails a run into `state`, from its first event.
    pub fn tail(&self, state: RunState, run: RunId) {
        state.begin_rebuild();
        state.id.set(Some(run));
        #[cfg(feature = "hydrate")]
        self.socket.get_value().tail(state, run);
    }

    /// Cancels the run that is tailed into `state`.
    pub fn cancel(&self, state: RunState) {
        #[cfg(feature = "hydrate")]
        self.socket.get_value().cancel(state);
    }

    /// Stops writing into `state`; the run goes on.
    pub fn release(&self, state: RunState) {
        #[cfg(feature = "hydrate")]
        self.socket.get_value().release(state);
    }

    /// Follows the cells of a comparison: `on` gets those that wait and run, then each that changes, until
    /// [`Live::unwatch`]. After a lost connection it begins anew.
    pub fn watch(&self, comparison: ComparisonId, on: Callback<CellsFrame>) {
        // Read here and not in the socket, so that the code for it comes with the pages that watch.
        #[cfg(feature = "hydrate")]
        self.socket.get_value().watch(
            comparison,
            Box::new(move |text| {
                if let Ok(frame) = serde_json::from_str(text) {
                    on.run(frame);
                }
            }),
        );
    }

    /// Stops following the cells of a comparison.
    pub fn unwatch(&self, comparison: ComparisonId) {
        #[cfg(feature = "hydrate")]
        self.socket.get_value().unwatch(comparison);
    }

    /// Tries again now.
    pub fn retry(&self) {
        #[cfg(feature = "hydrate")]
        self.socket.get_value().wake();
    }
}
