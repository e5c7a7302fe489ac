//! What a connection asks for: events go a way of their own, past the router and its layers, which would cost as much as
//! all that is done with a small batch. Everything else goes through the router.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::http::{Method, Request};
use axum::response::Response;
use bowerbird_sdk_server::ingest::{self, Ingest};
use hyper::body::Incoming;
use hyper::service::Service;
use hyper_util::service::TowerToHyperService;

use crate::app::App;
use crate::http::{refuse_events, router, sign};
use crate::idle::UnderWay;
use crate::metrics::PUT_EVENTS;

/// All doors of the server.
pub(crate) struct Doors {
    app: Arc<App>,
    ingest: Arc<Ingest>,
    router: TowerToHyperService<Router>,
}

impl Doors {
    pub(crate) fn new(app: Arc<App>, ingest: Arc<Ingest>) -> Self {
        let router = TowerToHyperService::new(router(app.clone(), ingest.clone()));
        Self { app, ingest, router }
    }

    pub(crate) async fn answer(
        &self,
        request: Request<Incoming>,
        under_way: UnderWay,
    ) -> Result<Response, Infallible> {
        if !self.is_short(&request) {
            // On the heap: what waits for events need not have room for all that may happen in there.
            let response = Box::pin(self.router.call(request)).await?;
            return Ok(under_way.until_sent(response));
        }
        let started = Instant::now();
        let mut response = ingest::answer(&self.ingest, refuse_events, request).await;
        sign(&self.app, PUT_EVENTS, started, &mut response);
        Ok(response)
    }

    /// Events that need no signature. Signed ones go through the router, which has the guard.
    fn is_short(&self, request: &Request<Incoming>) -> bool {
        request.method() == Method::POST
            && request.uri().path() == "/events"
            && (self.app.settings.key.is_none() || crate::auth::is_public(request))
    }
}
