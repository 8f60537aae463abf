//! The WebSocket behind [`Live`]: opened again whenever it is lost, and each run goes on after the last event it had.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::pin::Pin;
use std::rc::Rc;
use std::time::Duration;

use domain::chat::Verbatim;
use domain::error::Code;
use domain::live::{Down, EventFrame, UpFrame};
use domain::{ComparisonId, Event, NewRun, RunId};
use futures::channel::{mpsc, oneshot};
use futures::future::{Either, poll_fn, select};
use futures::{Sink, SinkExt, StreamExt, pin_mut};
use gloo_net::websocket::futures::WebSocket;
use gloo_net::websocket::{Message, State};
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::{Link, Live};
use crate::browser;
use crate::state::compose::Refusal;
use crate::state::run::RunState;

/// First pause before another try, in milliseconds; it doubles with each.
const BACKOFF_MS_MIN: f64 = 250.0;
/// Longest pause, in milliseconds.
const BACKOFF_MS_MAX: f64 = 10_000.0;

/// How long nobody must look, and nothing be read, until the connection is let go of, in milliseconds.
const REST_AFTER_MS: f64 = 120_000.0;
/// How often that is looked at.
const REST_LOOK: Duration = Duration::from_secs(10);

/// How a connection came to its end.
enum Ended {
    /// It never stood.
    Refused,
    /// It was lost.
    Lost,
    /// It was let go of.
    Rested,
}

/// The connection and what is read over it.
#[derive(Debug, Default)]
pub(super) struct Socket {
    sender: RefCell<Option<mpsc::UnboundedSender<String>>>,
    follows: RefCell<Vec<Follow>>,
    watches: RefCell<Vec<Watch>>,
    wake: RefCell<Option<oneshot::Sender<()>>>,
    references: Cell<u32>,
    opened: Cell<bool>,
}

/// One run that is read.
#[derive(Debug)]
struct Follow {
    state: RunState,
    /// Its `ref` and its body, until it has an id.
    start: Option<(String, NewRun)>,
    run: Option<RunId>,
    next_seq: u64,
    cancel: bool,
    /// Whether its last event has come.
    over: bool,
    /// Events of the frame to come.
    queue: Vec<Event>,
}

/// A comparison whose cells are followed.
#[derive(Clone)]
struct Watch {
    comparison: ComparisonId,
    on: Rc<dyn Fn(&str)>,
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Watch({})", self.comparison)
    }
}

impl Follow {
    fn new(state: RunState) -> Self {
        Self { state, start: None, run: None, next_seq: 0, cancel: false, over: false, queue: Vec::new() }
    }

    /// What a new connection must be told about it.
    fn resume(&self) -> Vec<String> {
        let mut frames = Vec::new();
        if let Some((reference, run)) = &self.start {
            frames.extend(start_frame(reference, run));
        }
        if let Some(run) = self.run {
            frames.extend(frame(&UpFrame::about("tail", run, self.next_seq.checked_sub(1))));
            frames.extend(self.cancel.then(|| frame(&UpFrame::about("cancel", run, None))).flatten());
        }
        frames
    }
}

fn frame(frame: &UpFrame) -> Option<String> {
    serde_json::to_string(frame).ok()
}

fn start_frame(reference: &str, run: &NewRun) -> Option<String> {
    let body = serde_json::value::to_raw_value(run).ok()?;
    frame(&UpFrame::start(reference.to_owned(), Verbatim(body)))
}

impl Socket {
    /// Opens the connection, once, and keeps it open for as long as the page lives.
    pub(super) fn open(self: Rc<Self>, live: Live) {
        if self.opened.replace(true) {
            return;
        }
        let online = Rc::clone(&self);
        _ = window_event_listener(leptos::ev::online, move |_| online.wake());
        let seen = Rc::clone(&self);
        _ = window_event_listener_untyped("visibilitychange", move |_| {
            if !document().hidden() {
                seen.wake();
            }
        });
        spawn_local(async move {
            let mut failures = 0;
            loop {
                let ended = self.session(live).await;
                self.sender.take();
                if matches!(ended, Ended::Rested) {
                    set_link(live, Link::Resting);
                    self.rest().await;
                    set_link(live, Link::Opening);
                    failures = 0;
                    continue;
                }
                if matches!(ended, Ended::Lost) {
                    failures = 0;
                }
                let pause_ms = (BACKOFF_MS_MIN * f64::from(1_u32 << failures.min(10))).min(BACKOFF_MS_MAX)
                    * (0.5 + js_sys::Math::random() / 2.0);
                failures += 1;
                set_link(live, Link::Lost { retry_at: Some(browser::now_ms() + pause_ms) });
                self.pause(pause_ms).await;
                set_link(live, Link::Lost { retry_at: None });
            }
        });
    }

    /// Ends the pause before the next try.
    pub(super) fn wake(&self) {
        if let Some(wake) = self.wake.take() {
            _ = wake.send(());
        }
    }

    /// Until somebody looks, or something is to be said.
    async fn rest(&self) {
        let (wake, woken) = oneshot::channel();
        self.wake.replace(Some(wake));
        _ = woken.await;
    }

    /// Until nobody has looked for a while, and nothing is read.
    async fn quiet(&self) {
        let mut since = browser::now_ms();
        while browser::now_ms() - since < REST_AFTER_MS {
            let (ring, rung) = oneshot::channel::<()>();
            set_timeout(move || _ = ring.send(()), REST_LOOK);
            _ = rung.await;
            if !document().hidden() || !self.follows.borrow().is_empty() {
                since = browser::now_ms();
            }
        }
    }

    async fn pause(&self, ms: f64) {
        let (wake, woken) = oneshot::channel();
        self.wake.replace(Some(wake));
        let (ring, rung) = oneshot::channel::<()>();
        set_timeout(move || _ = ring.send(()), Duration::from_millis(ms as u64));
        select(woken, rung).await;
    }

    /// One connection, from opening to its end.
    async fn session(self: &Rc<Self>, live: Live) -> Ended {
        let Ok(mut socket) = WebSocket::open(&address()) else { return Ended::Refused };
        // Ready means: no longer connecting. Whether it is open is another question.
        let ready = poll_fn(|context| Pin::new(&mut socket).poll_ready(context)).await;
        if ready.is_err() || !matches!(socket.state(), State::Open) {
            return Ended::Refused;
        }
        let (mut sink, mut stream) = socket.split();
        let (sender, mut outgoing) = mpsc::unbounded();
        for frame in self.follows.borrow().iter().flat_map(Follow::resume) {
            _ = sender.unbounded_send(frame);
        }
        for watch in &*self.watches.borrow() {
            _ = frame(&UpFrame::on("watch", watch.comparison)).map(|frame| sender.unbounded_send(frame));
        }
        self.sender.replace(Some(sender));
        set_link(live, Link::Open);
        let receive = async {
            while let Some(Ok(message)) = stream.next().await {
                if let Message::Text(text) = message {
                    self.receive(live, &text);
                }
            }
        };
        let send = async {
            while let Some(frame) = outgoing.next().await {
                if sink.send(Message::Text(frame)).await.is_err() {
                    break;
                }
            }
        };
        let quiet = self.quiet();
        pin_mut!(receive, send, quiet);
        match select(select(receive, send), quiet).await {
            Either::Left(_) => Ended::Lost,
            Either::Right(_) => Ended::Rested,
        }
    }

    fn say(&self, frame: Option<String>) {
        // Without a connection nothing is said: the next one resumes what is followed.
        if let (Some(sender), Some(frame)) = (&*self.sender.borrow(), frame) {
            _ = sender.unbounded_send(frame);
        }
    }

    pub(super) fn start(&self, state: RunState, run: NewRun) {
        self.references.set(self.references.get() + 1);
        let reference = format!("r{}", self.references.get());
        self.say(start_frame(&reference, &run));
        self.follows.borrow_mut().push(Follow { start: Some((reference, run)), ..Follow::new(state) });
        self.wake();
    }

    pub(super) fn tail(&self, state: RunState, run: RunId) {
        self.say(frame(&UpFrame::about("tail", run, None)));
        self.follows.borrow_mut().push(Follow { run: Some(run), ..Follow::new(state) });
        self.wake();
    }

    pub(super) fn cancel(&self, state: RunState) {
        let run = self.follows.borrow_mut().iter_mut().find(|follow| follow.state.id == state.id).and_then(|follow| {
            follow.cancel = true;
            follow.run
        });
        if let Some(run) = run {
            self.say(frame(&UpFrame::about("cancel", run, None)));
        }
    }

    pub(super) fn release(&self, state: RunState) {
        let mut follows = self.follows.borrow_mut();
        let Some(place) = follows.iter().position(|follow| follow.state.id == state.id) else { return };
        let run = follows.remove(place).run;
        if let Some(run) = run.filter(|run| follows.iter().all(|other| other.run != Some(*run))) {
            self.say(frame(&UpFrame::about("untail", run, None)));
        }
    }

    pub(super) fn watch(&self, comparison: ComparisonId, on: Box<dyn Fn(&str)>) {
        self.watches.borrow_mut().push(Watch { comparison, on: on.into() });
        self.say(frame(&UpFrame::on("watch", comparison)));
        self.wake();
    }

    pub(super) fn unwatch(&self, comparison: ComparisonId) {
        self.watches.borrow_mut().retain(|watch| watch.comparison != comparison);
        self.say(frame(&UpFrame::on("unwatch", comparison)));
    }

    fn cells(&self, comparison: Option<ComparisonId>, text: &str) {
        // Called only afterwards: it may come back here.
        let watches = self.watches.borrow().clone();
        for watch in watches.iter().filter(|watch| Some(watch.comparison) == comparison) {
            (watch.on)(text);
        }
    }

    fn receive(self: &Rc<Self>, live: Live, text: &str) {
        if let Some(frame) = EventFrame::read(text) {
            return self.event(frame);
        }
        let Ok(down) = serde_json::from_str::<Down>(text) else { return };
        match (down.kind.as_str(), down.run) {
            ("hello", _) => {
                let own = browser::own_build();
                live.newer.set(own.is_some() && down.build.is_some() && own != down.build);
            }
            ("accepted", Some(run)) => self.accepted(down.reference.as_deref(), run),
            ("refused", _) => self.refused(down),
            ("event", Some(run)) => self.event_of(run, &down),
            ("end", Some(run)) => self.ended(run),
            ("cells", _) => self.cells(down.comparison, text),
            _ => {}
        }
    }

    fn accepted(&self, reference: Option<&str>, run: RunId) {
        let mut cancel = false;
        for follow in self.follows.borrow_mut().iter_mut() {
            if follow.start.as_ref().is_some_and(|(own, _)| Some(own.as_str()) == reference) {
                follow.start = None;
                follow.run = Some(run);
                follow.state.accept(run);
                cancel |= follow.cancel;
            }
        }
        if cancel {
            self.say(frame(&UpFrame::about("cancel", run, None)));
        }
    }

    fn refused(&self, down: Down) {
        let Some(problem) = down.error else { return };
        // What is being read is not undone by a refused `cancel`: its end may just have been faster.
        let lost = matches!(problem.error.code, Code::NotFound | Code::Gone);
        let refused = |follow: &Follow| match (&follow.start, follow.run) {
            (Some((own, _)), _) => down.reference.as_deref() == Some(own),
            (None, run) => run.is_some() && run == down.run && (lost || follow.next_seq == 0),
        };
        let refusal = Refusal { error: problem.error, request_id: problem.request_id, fix: None };
        self.follows.borrow_mut().retain(|follow| {
            let gone = refused(follow);
            if gone {
                follow.state.refuse(refusal.clone());
            }
            !gone
        });
    }

    /// An event in a frame that is written otherwise than the server writes it: a proxy may do so.
    fn event_of(self: &Rc<Self>, run: RunId, down: &Down) {
        if let (Some(seq), Some(kind), Some(data)) = (down.seq, down.event, &down.data) {
            self.event(EventFrame { run, seq, kind, data: data.as_str() });
        }
    }

    fn event(self: &Rc<Self>, EventFrame { run, seq, kind, data }: EventFrame<'_>) {
        let Ok(event) = Event::read(seq, kind, data) else { return };
        let mut first = false;
        for follow in self.follows.borrow_mut().iter_mut().filter(|follow| follow.run == Some(run)) {
            if seq == follow.next_seq {
                first |= follow.queue.is_empty();
                follow.next_seq += 1;
                follow.over = kind.is_end();
                follow.queue.push(event.clone());
            }
        }
        if first {
            let socket = Rc::clone(self);
            browser::on_frame(move || socket.paint(run));
        }
    }

    /// Applies what has come since the last frame.
    fn paint(&self, run: RunId) {
        let now = browser::now_ms();
        let mut queues = Vec::new();
        for follow in self.follows.borrow_mut().iter_mut().filter(|follow| follow.run == Some(run)) {
            queues.push((follow.state, std::mem::take(&mut follow.queue)));
        }
        // Applied only now: an effect of it may come back here.
        for (state, queue) in queues {
            state.apply(&queue, now);
        }
    }

    fn ended(&self, run: RunId) {
        self.paint(run);
        // One that has just asked for the run's events gets them still: this was the end of an older tail.
        self.follows.borrow_mut().retain(|follow| follow.run != Some(run) || !follow.over);
    }
}

fn set_link(live: Live, link: Link) {
    let same = matches!((live.link.get_untracked(), link), (Link::Lost { .. }, Link::Lost { .. }));
    if !same {
        live.since.set(browser::now_ms());
    }
    live.link.set(link);
}

fn address() -> String {
    let location = window().location();
    let scheme = if location.protocol().is_ok_and(|protocol| protocol == "https:") { "wss" } else { "ws" };
    format!("{scheme}://{}/v1/live", location.host().unwrap_or_default())
}
