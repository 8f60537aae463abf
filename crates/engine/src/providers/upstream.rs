//! A provider that is reached over HTTP: its address, its key, one call and its answer.

use std::collections::{BTreeMap, HashSet};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD as BASE64;
use bytes::Bytes;
use domain::limits::{UPSTREAM_FORWARD_BYTES_MAX, UPSTREAM_LIST_BYTES_MAX};
use domain::wire::BLANK;
use domain::{ApiError, Code, Origin, WireRequest, WireResponse};
use futures::{FutureExt, StreamExt, stream};
use percent_encoding::percent_decode_str;
use reqwest::header::{ACCEPT, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderValue, SET_COOKIE, USER_AGENT};
use reqwest::{Client, Response, Url};
use serde::de::{DeserializeOwned, IgnoredAny};

use super::answer::{Answer, Reader};
use super::outbound::{self, Guard};
use super::refusal::{self, Bounded};
use super::{Update, Updates};
use crate::config::{ProviderConfig, Timeouts};
use crate::error::Error;
use crate::secret::{Secret, Secrets};

/// How long a list of models may take, in milliseconds.
const LIST_MS: u64 = 5_000;
/// How long a body that is passed on may take to be answered, in milliseconds.
const FORWARD_MS: u64 = 60_000;
/// What we call ourselves.
const NAME: &str = concat!("etude/", env!("CARGO_PKG_VERSION"));

/// A text that several own, as bytes.
struct SharedText(Arc<str>);

impl AsRef<[u8]> for SharedText {
    fn as_ref(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

/// One address of a provider. Cheap to clone.
#[derive(Clone)]
pub struct Upstream {
    name: String,
    url: String,
    /// The address without a user's name and password.
    shown: String,
    headers: HeaderMap,
    secrets: Secrets,
    timeouts: Timeouts,
    client: Client,
}

impl Upstream {
    /// Takes a provider as configured; `headers` makes those that carry its key.
    ///
    /// # Errors
    /// When the address is none, the key cannot stand in a header, or no HTTP client can be built.
    pub fn new(
        config: &ProviderConfig,
        headers: impl FnOnce(&str) -> Vec<(&'static str, String)>,
    ) -> Result<Self, Error> {
        let refuse = |why: String| Error::Config(format!("provider `{}`: {why}", config.name));
        // The address is not repeated in an error: it may hold a password.
        let url = config.url().unwrap_or_default().trim_end_matches('/');
        let parsed = Url::parse(url).map_err(|error| refuse(format!("its address is not a URL: {error}.")))?;
        if !matches!(parsed.scheme(), "http" | "https") || parsed.query().is_some() || parsed.fragment().is_some() {
            return Err(refuse("its address must be http:// or https://, without `?` and `#`.".into()));
        }
        let key = config.api_key.clone();
        let mut made = HeaderMap::new();
        for (name, value) in key.as_ref().map(|key| headers(key.expose())).unwrap_or_default() {
            let mut value = HeaderValue::from_str(&value)
                .map_err(|_| refuse("its key has characters that cannot stand in a header.".into()))?;
            value.set_sensitive(true);
            made.insert(name, value);
        }
        // Two TLS backends end up in the lock file; this one is meant. A second call changes nothing.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut builder = Client::builder()
            .connect_timeout(Duration::from_millis(config.timeouts.connect_ms))
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(NAME)
            .tcp_nodelay(true);
        if is_here(&parsed) {
            builder = builder.no_proxy();
        }
        if config.origin == Origin::Page {
            if outbound::is_forbidden(&parsed) {
                return Err(refuse("its address must not be called.".into()));
            }
            builder = builder.no_proxy().dns_resolver(Arc::new(Guard));
        }
        let client = builder.build().map_err(|error| refuse(error.to_string()))?;
        let mut shown = parsed.clone();
        // Only a URL without a host refuses these.
        let _ = shown.set_username("");
        let _ = shown.set_password(None);
        Ok(Self {
            name: config.name.clone(),
            url: url.to_owned(),
            shown: shown.to_string().trim_end_matches('/').to_owned(),
            headers: made,
            secrets: Secrets::new(key.into_iter().chain(credentials(&parsed))),
            timeouts: config.timeouts,
            client,
        })
    }

    /// What the provider is called.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its address, as shown to people.
    #[must_use]
    pub fn shown(&self) -> &str {
        &self.shown
    }

    /// How long to wait for it.
    #[must_use]
    pub fn timeouts(&self) -> Timeouts {
        self.timeouts
    }

    /// The same provider at another path: the root beside `/v1`, where some servers tell more of themselves.
    #[must_use]
    pub fn root(&self) -> Self {
        let url = self.url.strip_suffix("/v1").unwrap_or(&self.url).to_owned();
        Self { url, ..self.clone() }
    }

    /// Posts a body and reads the answer's events, behind the update that the run has started. Dropping the updates
    /// closes the connection.
    ///
    /// What is done with is let go of here, and no update lies in the stream itself: thousands are held at a time.
    pub fn stream(
        &self,
        started: Update,
        path: &str,
        more: &[(&'static str, &str)],
        body: String,
        reader: impl Reader + 'static,
    ) -> Updates {
        let mut call = self
            .client
            .post(format!("{}{path}", self.url))
            .headers(self.headers.clone())
            .header(USER_AGENT, NAME)
            .header(CONTENT_TYPE, "application/json")
            .header(ACCEPT, "text/event-stream")
            .header(CONTENT_LENGTH, body.len());
        for (name, value) in more {
            call = call.header(*name, *value);
        }
        // One body for the wire and for the wire view.
        let body: Arc<str> = body.into();
        let call = match call.body(Bytes::from_owner(SharedText(body.clone()))).build() {
            Ok(call) => call,
            Err(error) => return stream::iter(vec![Ok(started), Err(self.unreachable(&error))]).boxed(),
        };
        let sent = WireRequest {
            method: call.method().to_string(),
            url: format!("{}{path}", self.shown),
            headers: self.view(call.headers()),
            body,
        };
        let upstream = self.clone();
        let answer = async move {
            match upstream.client.execute(call).await {
                Ok(response) => upstream.read(response, reader),
                Err(error) => stream::iter(vec![Err(upstream.unreachable(&error))]).boxed(),
            }
        };
        stream::iter(vec![Ok(started), Ok(Update::Sent(sent))]).chain(stream::once(answer.boxed()).flatten()).boxed()
    }

    fn read(self, response: Response, reader: impl Reader + 'static) -> Updates {
        let head = WireResponse { status: response.status().as_u16(), headers: self.view(response.headers()) };
        let head = stream::iter(vec![Ok(Update::Answered(head))]);
        if is_stream(&response) {
            return head.chain(Answer::new(self.name, self.secrets, response, reader).into_updates()).boxed();
        }
        let refused = async move { Err(refusal::refused(&self.name, &self.secrets, response).await) };
        head.chain(stream::once(refused.boxed())).boxed()
    }

    /// Asks for JSON, for as long as a list of models may take.
    ///
    /// # Errors
    /// When the provider does not answer, refuses, or answers something else.
    pub async fn get<T: DeserializeOwned>(
        &self,
        path: &str,
        more: &[(&'static str, &'static str)],
    ) -> Result<T, ApiError> {
        self.ask(self.client.get(format!("{}{path}", self.url)), more).await
    }

    /// As [`Upstream::get`], with a body that is JSON already.
    ///
    /// # Errors
    /// As [`Upstream::get`].
    pub async fn call<T: DeserializeOwned>(
        &self,
        path: &str,
        more: &[(&'static str, &str)],
        body: String,
    ) -> Result<T, ApiError> {
        let call = self.client.post(format!("{}{path}", self.url)).header(CONTENT_TYPE, "application/json");
        self.ask(call.body(body), more).await
    }

    /// Passes a body of JSON on and gives the answer as it came.
    ///
    /// # Errors
    /// When the provider does not answer, refuses, or says more than is believed.
    pub async fn forward(&self, path: &str, body: String) -> Result<Bytes, ApiError> {
        let call = self.client.post(format!("{}{path}", self.url)).headers(self.headers.clone());
        let call = call.header(CONTENT_TYPE, "application/json").timeout(Duration::from_millis(FORWARD_MS));
        let response = call.body(body).send().await.map_err(|error| {
            let limit_ms = if error.is_connect() { self.timeouts.connect_ms } else { FORWARD_MS };
            refusal::unreachable(&self.name, limit_ms, &error)
        })?;
        if !response.status().is_success() {
            return Err(refusal::refused(&self.name, &self.secrets, response).await);
        }
        let body = Bounded::read(response, UPSTREAM_FORWARD_BYTES_MAX, None).await;
        if body.whole && serde_json::from_slice::<IgnoredAny>(&body.bytes).is_ok() {
            return Ok(body.bytes.into());
        }
        let message = format!("What {} answered is no JSON, cut off or too long.", self.name);
        Err(ApiError::new(Code::UpstreamInvalid, message).retry(None))
    }

    /// As [`Upstream::get`], with a body of JSON.
    ///
    /// # Errors
    /// As [`Upstream::get`].
    pub async fn post<T: DeserializeOwned>(&self, path: &str, body: &serde_json::Value) -> Result<T, ApiError> {
        self.ask(self.client.post(format!("{}{path}", self.url)).json(body), &[]).await
    }

    async fn ask<T: DeserializeOwned>(
        &self,
        call: reqwest::RequestBuilder,
        more: &[(&'static str, &str)],
    ) -> Result<T, ApiError> {
        let mut call = call.headers(self.headers.clone()).timeout(Duration::from_millis(LIST_MS));
        for (name, value) in more {
            call = call.header(*name, *value);
        }
        let response = call.send().await.map_err(|error| {
            let limit_ms = if error.is_connect() { self.timeouts.connect_ms } else { LIST_MS };
            refusal::unreachable(&self.name, limit_ms, &error)
        })?;
        if !response.status().is_success() {
            return Err(refusal::refused(&self.name, &self.secrets, response).await);
        }
        // The call's own limit ends it.
        let body = Bounded::read(response, UPSTREAM_LIST_BYTES_MAX, None).await;
        serde_json::from_slice(&body.bytes).map_err(|error| {
            let why =
                if body.whole { self.secrets.blank(error.to_string()) } else { "it is cut off or too long".into() };
            ApiError::new(Code::UpstreamInvalid, format!("What {} answered cannot be read: {why}.", self.name))
                .hint("Check that its base_url is the address of such an API.")
        })
    }

    fn unreachable(&self, error: &reqwest::Error) -> ApiError {
        refusal::unreachable(&self.name, self.timeouts.connect_ms, error)
    }

    /// Headers as people may see them.
    fn view(&self, headers: &HeaderMap) -> BTreeMap<String, String> {
        let names: HashSet<_> = headers.keys().collect();
        names
            .into_iter()
            .map(|name| {
                let values = headers.get_all(name).iter().map(|value| {
                    if value.is_sensitive() || name == SET_COOKIE {
                        BLANK.to_owned()
                    } else {
                        self.secrets.blank(String::from_utf8_lossy(value.as_bytes()).into_owned())
                    }
                });
                (name.as_str().to_owned(), values.collect::<Vec<_>>().join(", "))
            })
            .collect()
    }
}

/// What of an address must not be told: the password in each form in which it may come back, or, where a user's name
/// stands alone, that: then it is the key.
fn credentials(url: &Url) -> Vec<Secret> {
    let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    let user = decoded(url.username());
    let Some(raw) = url.password() else {
        return vec![BASE64.encode(format!("{user}:")).into(), user.into(), url.username().to_owned().into()];
    };
    let password = decoded(raw);
    // As the header `authorization: Basic …` has it (RFC 7617).
    let basic = BASE64.encode(format!("{user}:{password}"));
    [basic, password, raw.to_owned()].map(Secret::from).into()
}

fn is_stream(response: &Response) -> bool {
    let kind = response.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    response.status().is_success() && kind.starts_with("text/event-stream")
}

/// Whether an address is on this machine: then no proxy stands between.
pub fn is_here(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || bare.parse::<IpAddr>().is_ok_and(|ip| ip.to_canonical().is_loopback())
}
