//! The server: fixtures by name, everything else by the product.

#![expect(deprecated, reason = "the older revisions have logging and resource subscriptions of that kind")]

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CancelTaskParams, CompleteRequestParams, CompleteResult, CompletionInfo,
    GetPromptRequestParams, GetPromptResponse, GetTaskParams, GetTaskResult, ListPromptsResult, ListResourceTemplatesResult,
    ListResourcesResult, ListToolsResult, PaginatedRequestParams, ProtocolVersion, ReadResourceRequestParams,
    ReadResourceResponse, ServerCapabilities, ServerConfig, SetLevelRequestParams, SubscribeRequestParams,
    SubscriptionFilter, Tool, UnsubscribeRequestParams, UpdateTaskParams,
};
use rmcp::service::{RequestContext, SubscriptionContext, SubscriptionSink};
use rmcp::{ErrorData, RoleServer, ServerHandler};
use tollgate::serve::{Front, Mcp};

use crate::tasks::Jobs;
use crate::{asks, library, session, tools};

/// What outlives a request.
#[derive(Default)]
pub struct Kept {
    /// Open subscriptions.
    listeners: Mutex<BTreeMap<u64, SubscriptionSink>>,
    /// Tasks of fixtures.
    pub jobs: Jobs,
}

/// One server; over HTTP each request or session has its own.
pub struct Fixtures {
    /// The product.
    pub mcp: Mcp,
    /// The product's core, for the seals of what clients bring back.
    pub front: Arc<Front>,
    /// What they share.
    pub kept: Arc<Kept>,
}

impl Fixtures {
    /// Tells every open subscription that wants to know.
    async fn changed(&self, what: &str) {
        let all: Vec<_> = self.kept.listeners.lock().unwrap_or_else(PoisonError::into_inner).values().cloned().collect();
        for sink in all {
            let told = match what {
                "test_trigger_tool_change" => sink.notify_tool_list_changed().await,
                _ => sink.notify_prompt_list_changed().await,
            };
            // It has not asked for these, or has gone.
            drop(told);
        }
    }
}

impl ServerHandler for Fixtures {
    fn get_info(&self) -> ServerConfig {
        let mut info = self.mcp.get_info();
        let all = ServerCapabilities::builder()
            .enable_logging()
            .enable_completions()
            .enable_prompts()
            .enable_resources()
            .enable_tools()
            .enable_tool_list_changed()
            .enable_prompts_list_changed()
            .enable_resources_subscribe()
            .build();
        let extensions = std::mem::replace(&mut info.capabilities, all).extensions;
        info.capabilities.extensions = extensions;
        info
    }

    fn supported_protocol_versions(&self) -> Cow<'static, [ProtocolVersion]> {
        self.mcp.supported_protocol_versions()
    }

    fn get_tool(&self, name: &str) -> Option<Tool> {
        tools::listed().into_iter().find(|tool| tool.name == name).or_else(|| self.mcp.get_tool(name))
    }

    async fn list_tools(
        &self,
        page: Option<PaginatedRequestParams>,
        cx: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let mut list = self.mcp.list_tools(page, cx).await?;
        if list.next_cursor.is_none() {
            list.tools.extend(tools::listed());
        }
        Ok(list)
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        cx: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let name = request.name.as_ref();
        if let Some(result) = tools::simple(&request) {
            return Ok(result.into());
        }
        if let "test_trigger_tool_change" | "test_trigger_prompt_change" = name {
            self.changed(name).await;
            return Ok(tools::text("told").into());
        }
        if let Some(response) = asks::tool(&request, self.front.seals(), &cx) {
            return response;
        }
        if let Some(response) = self.kept.jobs.call(&request, &cx).await {
            return response;
        }
        if let Some(result) = session::tool(&request, &cx).await {
            return result.map(Into::into);
        }
        self.mcp.call_tool(request, cx).await
    }

    async fn get_task(&self, request: GetTaskParams, cx: RequestContext<RoleServer>) -> Result<GetTaskResult, ErrorData> {
        match self.kept.jobs.get(&request.task_id) {
            Some(task) => Ok(GetTaskResult::new(task)),
            None => self.mcp.get_task(request, cx).await,
        }
    }

    async fn update_task(&self, request: UpdateTaskParams, cx: RequestContext<RoleServer>) -> Result<(), ErrorData> {
        if self.kept.jobs.update(&request) { Ok(()) } else { self.mcp.update_task(request, cx).await }
    }

    async fn cancel_task(&self, request: CancelTaskParams, cx: RequestContext<RoleServer>) -> Result<(), ErrorData> {
        if self.kept.jobs.cancel(&request.task_id) { Ok(()) } else { self.mcp.cancel_task(request, cx).await }
    }

    fn accepted_subscription_filter(&self, requested: &SubscriptionFilter) -> Option<SubscriptionFilter> {
        Some(requested.clone())
    }

    async fn listen(&self, context: SubscriptionContext) -> Result<(), ErrorData> {
        let listeners = || self.kept.listeners.lock().unwrap_or_else(PoisonError::into_inner);
        let number = {
            let mut all = listeners();
            let next = all.last_key_value().map_or(0, |(last, _)| last + 1);
            all.insert(next, context.sink().clone());
            next
        };
        context.cancelled().await;
        listeners().remove(&number);
        Ok(())
    }

    async fn list_prompts(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListPromptsResult, ErrorData> {
        Ok(ListPromptsResult::with_all_items(library::prompts()))
    }

    async fn get_prompt(
        &self,
        request: GetPromptRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<GetPromptResponse, ErrorData> {
        match asks::prompt(&request) {
            Some(asks) => Ok(asks.into()),
            None => library::prompt(&request).map(Into::into),
        }
    }

    async fn list_resources(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        Ok(ListResourcesResult::with_all_items(library::resources()))
    }

    async fn list_resource_templates(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        Ok(ListResourceTemplatesResult::with_all_items(library::templates()))
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        library::read(&request.uri).map(Into::into)
    }

    async fn complete(
        &self,
        request: CompleteRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<CompleteResult, ErrorData> {
        let begun = request.argument.value;
        let values = CompletionInfo::with_all_values(vec![format!("{begun}is"), format!("{begun}ty")]);
        values.map(CompleteResult::new).map_err(|e| ErrorData::internal_error(e, None))
    }

    async fn set_level(&self, _: SetLevelRequestParams, _: RequestContext<RoleServer>) -> Result<(), ErrorData> {
        Ok(())
    }

    async fn subscribe(&self, _: SubscribeRequestParams, _: RequestContext<RoleServer>) -> Result<(), ErrorData> {
        Ok(())
    }

    async fn unsubscribe(&self, _: UnsubscribeRequestParams, _: RequestContext<RoleServer>) -> Result<(), ErrorData> {
        Ok(())
    }
}
