use std::time::Duration;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{json, Value};
use tower_http::limit::RequestBodyLimitLayer;
use tower_http::timeout::TimeoutLayer;
use tower_http::trace::TraceLayer;

/// Everything the service answers.
pub fn app() -> Router {
    Router::new()
        .route("/", get(hello))
        .route("/health/live", get(|| async { StatusCode::NO_CONTENT }))
        .route("/health/ready", get(|| async { StatusCode::NO_CONTENT }))
        .fallback(|| async { AppError::missing() })
        .layer(TraceLayer::new_for_http())
        .layer(TimeoutLayer::new(Duration::from_secs(10)))
        .layer(RequestBodyLimitLayer::new(1024 * 1024))
}

async fn hello() -> Result<Json<Value>, AppError> {
    Ok(Json(json!({ "message": "hello" })))
}

/// What a handler may fail with. Causes are logged, never sent.
pub struct AppError {
    status: StatusCode,
    message: &'static str,
    cause: Option<anyhow::Error>,
}

impl AppError {
    pub fn missing() -> Self {
        Self { status: StatusCode::NOT_FOUND, message: "there is nothing here", cause: None }
    }
}

impl<E: Into<anyhow::Error>> From<E> for AppError {
    fn from(cause: E) -> Self {
        Self { status: StatusCode::INTERNAL_SERVER_ERROR, message: "something went wrong", cause: Some(cause.into()) }
    }
}

impl IntoResponse for AppError {
    fn into_response(self) -> Response {
        if let Some(cause) = &self.cause {
            tracing::error!(error = ?cause, "request failed");
        }
        (self.status, Json(json!({ "error": self.message }))).into_response()
    }
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::http::{Request, StatusCode};
    use tower::ServiceExt;

    #[tokio::test]
    async fn what_is_not_there_is_404() {
        let request = Request::get("/nowhere").body(Body::empty()).unwrap();
        let response = super::app().oneshot(request).await.unwrap();
        assert_eq!(response.status(), StatusCode::NOT_FOUND);
    }

    #[tokio::test]
    async fn it_says_that_it_lives() {
        let request = Request::get("/health/live").body(Body::empty()).unwrap();
        let response = super::app().oneshot(request).await.unwrap();
        assert_eq!(response.status(), StatusCode::NO_CONTENT);
    }
}
