// Tools by Anthropic's messages, by hand and by the vendor's runner.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import Anthropic from "@anthropic-ai/sdk";
import { betaZodTool } from "@anthropic-ai/sdk/helpers/beta/zod";
import { z } from "zod";

import { anthropic, run, words } from "./clients.js";
import { UPSTREAMS, model } from "./scripts.js";

const clock: Anthropic.Tool = {
  name: "clock",
  description: "Says what time it is.",
  input_schema: { type: "object", properties: { n: { type: "integer" } }, required: ["n"] },
};

for (const upstream of UPSTREAMS) {
  describe(`G1 tools, called by an upstream of ${upstream}`, () => {
    const asked = {
      model: model(upstream, "tool1"),
      max_tokens: 64,
      messages: [{ role: "user" as const, content: "What time is it?" }],
      tools: [clock],
    };

    test("there and back", async () => {
      const message = await anthropic.messages.create(asked);
      assert.equal(message.stop_reason, "tool_use");
      const [call] = message.content;
      assert.ok(call?.type === "tool_use" && call.id);
      assert.deepEqual([call.name, call.input], ["clock", { n: 0 }]);

      const answered = anthropic.messages.create({
        ...asked,
        model: model(upstream, "n4"),
        messages: [
          ...asked.messages,
          { role: "assistant", content: message.content },
          { role: "user", content: [{ type: "tool_result", tool_use_id: call.id, content: "noon" }] },
        ],
      });
      const { data, response } = await answered.withResponse();
      assert.ok(data.content[0]?.type === "text" && data.content[0].text === words(4));
      const { request } = await run(response.headers.get("x-etude-run"));
      assert.deepEqual(request.messages.map((message) => message.role), ["user", "assistant", "tool"]);
    });

    test("a result that is an error, in parts", async () => {
      const { content } = await anthropic.messages.create(asked);
      const [call] = content;
      assert.ok(call?.type === "tool_use");
      const result = {
        type: "tool_result" as const,
        tool_use_id: call.id,
        is_error: true,
        content: [{ type: "text" as const, text: "It is broken." }],
      };
      const messages = [
        ...asked.messages,
        { role: "assistant" as const, content },
        { role: "user" as const, content: [result] },
      ];
      const answered = anthropic.messages.create({ ...asked, model: model(upstream, "n4"), messages });
      const { data, response } = await answered.withResponse();
      assert.equal(data.stop_reason, "end_turn");
      // Another vendor's wire has no mark for it.
      const notice = upstream === "openai" ? /messages\[2\]\.content\[0\]\.is_error/ : /^$/;
      assert.match(response.headers.get("x-etude-notice") ?? "", notice);
    });

    test("two at a time, in a stream", async () => {
      const stream = anthropic.messages.stream({ ...asked, model: model(upstream, "tool2") });
      const inputs: unknown[] = [];
      stream.on("contentBlock", (block) => block.type === "tool_use" && inputs.push(block.input));
      let json = "";
      stream.on("inputJson", (partial) => (json += partial));
      const { content, stop_reason } = await stream.finalMessage();
      assert.deepEqual(inputs, [{ n: 0 }, { n: 1 }]);
      assert.equal(json, '{"n":0}{"n":1}');
      assert.equal(stop_reason, "tool_use");
      assert.equal(new Set(content.map((block) => block.type === "tool_use" && block.id)).size, 2);
    });

    test("ones that must, or must not, be called", async () => {
      const choices: Anthropic.ToolChoice[] = [
        { type: "auto", disable_parallel_tool_use: true },
        { type: "any" },
        { type: "tool", name: "clock" },
        { type: "none" },
      ];
      for (const tool_choice of choices) {
        const { stop_reason } = await anthropic.messages.create({ ...asked, tool_choice });
        assert.equal(stop_reason, "tool_use");
      }
    });

    for (const stream of [false, true] as const) {
      // DEFECT 2
      test(`D1 run by the runner, ${stream ? "streamed" : "whole"}`, async () => {
        const seen: number[] = [];
        const runnable = betaZodTool({
          name: "clock",
          description: "Says what time it is.",
          inputSchema: z.object({ n: z.number() }),
          run: ({ n }) => {
            seen.push(n);
            return "noon";
          },
        });
        const params = { ...asked, tools: [runnable], max_iterations: 2 };
        const runner = stream
          ? anthropic.beta.messages.toolRunner({ ...params, stream })
          : anthropic.beta.messages.toolRunner({ ...params, stream });
        const final = await runner.runUntilDone();
        assert.equal(final.stop_reason, "tool_use");
        assert.equal(seen[0], 0);
        // The second request is whole in itself, whatever the vendor's servers would have kept of the first.
        const { request } = await run(final.id.replace("msg_", "run_"));
        assert.deepEqual(request.messages.map((message) => message.role), ["user", "assistant", "tool"]);
      });
    }
  });
}
