//! What a form gets without JavaScript: a redirect, or a page.

use leptos::server_fn::codec::{Encoding, FromRes, IntoRes};
use leptos::server_fn::error::{FromServerFnError, ServerFnErrorErr};
use leptos::server_fn::response::{ClientRes, TryRes};
use leptos::server_fn::{ContentType, Format, FormatType};

use super::error::PageError;

/// The encoding of an [`Answer`].
pub struct Html;

impl ContentType for Html {
    const CONTENT_TYPE: &'static str = "text/html; charset=utf-8";
}

impl FormatType for Html {
    const FORMAT_TYPE: Format = Format::Text;
}

impl Encoding for Html {
    const METHOD: http::Method = http::Method::POST;
}

/// A document; its status and headers stand in the response's options.
#[derive(Debug, Clone)]
pub struct Answer(String);

#[cfg(feature = "ssr")]
impl Answer {
    /// Leads to the page of a run: 303, so that a reload does not send the form again.
    pub(super) fn see_run(run: domain::RunId) -> Self {
        use http::{HeaderValue, StatusCode, header};
        let response = leptos::prelude::expect_context::<leptos_axum::ResponseOptions>();
        response.set_status(StatusCode::SEE_OTHER);
        if let Ok(place) = HeaderValue::from_str(&format!("/runs/{run}")) {
            response.insert_header(header::LOCATION, place);
        }
        Self(String::new())
    }

    /// The form as it was sent, and why it was not taken.
    pub(super) fn refused(
        models: Vec<domain::ModelInfo>,
        draft: crate::state::draft::Draft,
        refusal: crate::state::compose::Refusal,
    ) -> Self {
        let PageError(_) = refusal.error.clone().into();
        Self(crate::refused_document(models, draft, refusal))
    }
}

impl<Response: TryRes<PageError> + Send> IntoRes<Html, Response, PageError> for Answer {
    async fn into_res(self) -> Result<Response, PageError> {
        Response::try_from_string(Html::CONTENT_TYPE, self.0)
    }
}

impl<Response: ClientRes<PageError> + Send> FromRes<Html, Response, PageError> for Answer {
    async fn from_res(_: Response) -> Result<Self, PageError> {
        let reason = "a form's answer is for browsers without JavaScript".to_owned();
        Err(PageError::from_server_fn_error(ServerFnErrorErr::UnsupportedRequestMethod(reason)))
    }
}
