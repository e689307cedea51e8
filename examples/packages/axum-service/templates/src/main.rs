mod routes;

use std::net::SocketAddr;

use tokio::net::TcpListener;
use tokio::signal::unix::{signal, SignalKind};
use tracing_subscriber::EnvFilter;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| "info,tower_http=info".into());
    tracing_subscriber::fmt().with_env_filter(filter).init();

    let port: u16 = std::env::var("PORT").ok().map_or(Ok(8080), |text| text.parse())?;
    let listener = TcpListener::bind(SocketAddr::from(([0, 0, 0, 0], port))).await?;
    tracing::info!(address = %listener.local_addr()?, "listening");

    axum::serve(listener, routes::app()).with_graceful_shutdown(asked_to_end()).await?;
    tracing::info!("ended");
    Ok(())
}

/// Resolves at SIGTERM or Ctrl-C; requests under way are answered before the process ends.
async fn asked_to_end() {
    let mut terminate = signal(SignalKind::terminate()).expect("a handler for SIGTERM");
    tokio::select! {
        _ = terminate.recv() => {}
        _ = tokio::signal::ctrl_c() => {}
    }
}
