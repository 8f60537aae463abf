//! A preset as it is read: field by field, since serde's `flatten` cannot keep JSON to the byte on the way in.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{Preset, PromptContent};
use crate::chat::{ChatMessage, ResponseFormat, Tool, Verbatim};
use crate::id::{PromptId, VersionId};
use crate::params::Params;

/// The fields of a [`Preset`] and of its content, side by side.
#[derive(Deserialize)]
pub(super) struct FlatPreset {
    id: PromptId,
    name: String,
    description: String,
    tags: Vec<String>,
    favourite: bool,
    labels: BTreeMap<String, u32>,
    head: u32,
    version: u32,
    version_id: VersionId,
    digest: String,
    parent: Option<u32>,
    #[serde(default)]
    merged: Option<u32>,
    note: String,
    author: String,
    created_at: i64,
    updated_at: i64,
    saved_at: i64,
    #[serde(default)]
    example: bool,
    #[serde(default)]
    archived: bool,
    model: String,
    messages: Vec<ChatMessage>,
    #[serde(default)]
    params: Params,
    #[serde(default)]
    inputs: BTreeMap<String, String>,
    #[serde(default)]
    tools: Vec<Tool>,
    #[serde(default)]
    tool_choice: Option<Verbatim>,
    #[serde(default)]
    parallel_tool_calls: Option<bool>,
    #[serde(default)]
    response_format: Option<ResponseFormat>,
    #[serde(default)]
    provider_options: Option<Verbatim>,
}

impl From<FlatPreset> for Preset {
    fn from(flat: FlatPreset) -> Self {
        Self {
            id: flat.id,
            name: flat.name,
            description: flat.description,
            tags: flat.tags,
            favourite: flat.favourite,
            labels: flat.labels,
            head: flat.head,
            version: flat.version,
            version_id: flat.version_id,
            digest: flat.digest,
            parent: flat.parent,
            merged: flat.merged,
            note: flat.note,
            author: flat.author,
            created_at: flat.created_at,
            updated_at: flat.updated_at,
            saved_at: flat.saved_at,
            example: flat.example,
            archived: flat.archived,
            content: PromptContent {
                model: flat.model,
                messages: flat.messages,
                params: flat.params,
                inputs: flat.inputs,
                tools: flat.tools,
                tool_choice: flat.tool_choice,
                parallel_tool_calls: flat.parallel_tool_calls,
                response_format: flat.response_format,
                provider_options: flat.provider_options,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a4_a_preset_is_read_as_it_was_written() {
        let json = format!(
            r#"{{"id":"prm_{zeros}","name":"n","description":"","tags":["a"],"favourite":false,"labels":{{"production":1}},"head":2,"version":1,"version_id":"ver_{zeros}","digest":"d","parent":null,"note":"","author":"a","created_at":1,"updated_at":2,"saved_at":3,"model":"m","messages":[{{"role":"user","content":"x"}}],"params":{{"temperature":0.30000000000000004}},"tools":[{{"name":"t","parameters":{{ "type" : "object" }}}}],"response_format":{{"type":"json_schema","schema":{{ "b":1,"a":1.0 }}}},"provider_options":{{ "x": 1.0, "x": 2 }}}}"#,
            zeros = "0".repeat(32)
        );
        let preset: Preset = serde_json::from_str(&json).expect("a preset");
        assert_eq!(serde_json::to_string(&preset).expect("plain data"), json);
    }
}
