// Anthropic's messages, whole and streamed, whoever answers; tokens counted, models listed.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import Anthropic from "@anthropic-ai/sdk";
import { zodOutputFormat } from "@anthropic-ai/sdk/helpers/zod";
import { z } from "zod";

import { anthropic, failure, run, sent, words } from "./clients.js";
import { EMBEDDED, UPSTREAMS, model } from "./scripts.js";

const user = (content: string) => ({ role: "user" as const, content });
const asked = { max_tokens: 64, system: "Be short.", messages: [user("Say hello.")] };
// The sampler's own parameters are no longer in the vendor's types.
const exact = { ...asked, model: EMBEDDED, max_tokens: 8, temperature: 0 };
const OSLO = '{"city":"Oslo","big":false}';
const Place = z.object({ city: z.string(), big: z.boolean() });

const text = (message: Anthropic.Message) =>
  message.content.map((block) => (block.type === "text" ? block.text : "")).join("");

for (const upstream of UPSTREAMS) {
  const n4 = { ...asked, model: model(upstream, "n4") };

  describe(`G1 a message, answered by an upstream of ${upstream}`, () => {
    test("whole", async () => {
      const { data, response, request_id } = await anthropic.messages.create(n4).withResponse();
      assert.match(data.id, /^msg_[0-9a-f]{32}$/);
      assert.equal(response.headers.get("x-etude-run"), data.id.replace("msg_", "run_"));
      assert.deepEqual([data.type, data.role, data.model], ["message", "assistant", n4.model]);
      assert.equal(text(data), words(4));
      assert.deepEqual([data.stop_reason, data.stop_sequence], ["end_turn", null]);
      assert.equal(data.usage.output_tokens, 4);
      assert.ok(data.usage.input_tokens > 0);
      assert.ok(request_id);
      const kept = await run(response.headers.get("x-etude-run"));
      assert.deepEqual([kept.status, kept.output.text], ["finished", words(4)]);
    });

    test("as events", async () => {
      const kinds: string[] = [];
      for await (const event of await anthropic.messages.create({ ...n4, stream: true })) kinds.push(event.type);
      assert.deepEqual(kinds, [
        "message_start",
        "content_block_start",
        ...Array<string>(4).fill("content_block_delta"),
        "content_block_stop",
        "message_delta",
        "message_stop",
      ]);
    });

    test("by the stream helper, with all of its events", async () => {
      const stream = anthropic.messages.stream({ ...n4, model: model(upstream, "n4-think3") });
      const heard: string[] = [];
      const told = { text: "", thinking: "", blocks: [] as string[] };
      stream.on("connect", () => heard.push("connect"));
      stream.on("text", (delta) => (told.text += delta));
      stream.on("thinking", (delta) => (told.thinking += delta));
      stream.on("contentBlock", (block) => told.blocks.push(block.type));
      stream.on("message", () => heard.push("message"));
      stream.on("finalMessage", () => heard.push("finalMessage"));
      stream.on("end", () => heard.push("end"));
      const final = await stream.finalMessage();
      await stream.done();
      assert.deepEqual(heard, ["connect", "message", "finalMessage", "end"]);
      assert.deepEqual(told, { text: words(4), thinking: words(3, "t"), blocks: ["thinking", "text"] });
      assert.equal(await stream.finalText(), words(4));
      assert.equal(final.usage.output_tokens, 7);
      assert.ok(final.usage.input_tokens > 0);
      assert.ok(stream.request_id);
    });

    test("with what the model thought", async () => {
      const message = await anthropic.messages.create({ ...n4, model: model(upstream, "n4-think3") });
      const [thought] = message.content;
      assert.ok(thought?.type === "thinking");
      assert.equal(thought.thinking, words(3, "t"));
      assert.equal(thought.signature, upstream === "anthropic" ? "signed" : "");
      // A thought goes back with the rest, whoever is asked next.
      const messages = [...n4.messages, { role: "assistant" as const, content: message.content }, user("And?")];
      for (const next of UPSTREAMS) {
        assert.equal(text(await anthropic.messages.create({ ...n4, model: model(next, "n4"), messages })), words(4));
      }
    });

    // DEFECT 6
    test("with its thoughts counted", async () => {
      const thinking = { ...n4, model: model(upstream, "n4-think3") };
      const whole = await anthropic.messages.create(thinking);
      const final = await anthropic.messages.stream(thinking).finalMessage();
      for (const { usage } of [whole, final]) assert.equal(usage.output_tokens_details?.thinking_tokens, 3);
    });

    test("with thinking, where the provider has a word for it", async () => {
      const off = await anthropic.messages.create({ ...n4, thinking: { type: "disabled" } });
      assert.equal(text(off), words(4));
      for (const thinking of [{ type: "enabled", budget_tokens: 1_024 }, { type: "adaptive" }] as const) {
        const thought = { ...n4, model: model(upstream, "n4-think3"), max_tokens: 2_048, thinking };
        const asked = anthropic.messages.create(thought);
        if (upstream === "anthropic") {
          const { response } = await asked.withResponse();
          const { body } = await sent(response.headers.get("x-etude-run"));
          assert.deepEqual(JSON.parse(body).thinking, thinking);
        } else {
          const error = await failure(asked);
          assert.ok(error instanceof Anthropic.BadRequestError, String(error));
          assert.match(error.message, /`thinking`/);
        }
      }
    });

    test("with betas, which go on to the provider", async () => {
      const asked = anthropic.beta.messages.create({ ...n4, betas: ["context-1m-2025-08-07"] });
      const { data, response } = await asked.withResponse();
      assert.ok(data.content[0]?.type === "text" && data.content[0].text === words(4));
      const { headers } = await sent(response.headers.get("x-etude-run"));
      assert.equal(headers["anthropic-beta"], upstream === "anthropic" ? "context-1m-2025-08-07" : undefined);
    });

    test("cut by the limit", async () => {
      const message = await anthropic.messages.create({ ...n4, max_tokens: 2 });
      assert.deepEqual([text(message), message.stop_reason], [words(2), "max_tokens"]);
      const final = await anthropic.messages.stream({ ...n4, max_tokens: 2 }).finalMessage();
      assert.equal(final.stop_reason, "max_tokens");
    });

    test("cut at a stop sequence", async () => {
      const message = await anthropic.messages.create({ ...n4, stop_sequences: ["never", "w2"] });
      assert.equal(text(message), "w0 w1");
      const which = upstream === "anthropic" ? ["stop_sequence", "w2"] : ["end_turn", null];
      assert.deepEqual([message.stop_reason, message.stop_sequence], which);
    });

    // DEFECT 7
    test("ended by the vendor's filter", async () => {
      const filtered = { ...n4, model: model(upstream, "n4-filter") };
      const message = await anthropic.messages.create(filtered);
      const final = await anthropic.messages.stream(filtered).finalMessage();
      for (const { stop_reason, stop_details } of [message, final]) {
        assert.equal(stop_reason, "refusal");
        assert.deepEqual(stop_details, { type: "refusal", category: null, explanation: null });
      }
    });

    test("of a form", async () => {
      const formed = {
        model: model(upstream, "echo"),
        max_tokens: 64,
        messages: [user(OSLO)],
        output_config: { format: zodOutputFormat(Place) },
      };
      assert.deepEqual((await anthropic.messages.parse(formed)).parsed_output, { city: "Oslo", big: false });
      const final = await anthropic.messages.stream(formed).finalMessage();
      assert.deepEqual(final.parsed_output, { city: "Oslo", big: false });
    });

    test("D1 what the client wrote is no template", async () => {
      const echo = { model: model(upstream, "echo"), max_tokens: 64, messages: [user("{{name}}")] };
      assert.equal(text(await anthropic.messages.create(echo)), "{{name}}");
    });

    // DEFECT 8
    test("says by null what it has not", async () => {
      const message = await anthropic.messages.create(n4);
      for (const name of ["container", "stop_details", "stop_sequence", "diagnostics"] as const) {
        assert.equal(message[name], null, name);
      }
      for (const name of ["cache_creation", "server_tool_use", "service_tier", "inference_geo"] as const) {
        assert.equal(message.usage[name], null, name);
      }
      assert.ok(message.content[0]?.type === "text");
      assert.equal(message.content[0].citations, null);
    });
  });
}

describe("G1 a message, answered by the embedded model", () => {
  test("whole and streamed, as it is kept", async () => {
    const whole = await anthropic.messages.create(exact);
    assert.deepEqual([whole.model, whole.usage.output_tokens], [EMBEDDED, 8]);
    const final = await anthropic.messages.stream(exact).finalMessage();
    for (const message of [whole, final]) {
      assert.ok(text(message));
      assert.equal((await run(message.id.replace("msg_", "run_"))).output.text, text(message));
    }
  });

  test("H4 up to a stop sequence", async () => {
    // Whatever it says, it says more than a word.
    const message = await anthropic.messages.create({ ...exact, stop_sequences: [" "] });
    assert.deepEqual([message.stop_reason, message.stop_sequence], ["stop_sequence", " "]);
    assert.match(text(message), /^\S+$/);
  });

  test("H4 of a form", async () => {
    const Size = z.object({ size: z.enum(["big", "small"]) });
    const messages = [user("Is Oslo big? Answer in JSON.")];
    const formed = { ...exact, max_tokens: 64, messages, output_config: { format: zodOutputFormat(Size) } };
    const { parsed_output } = await anthropic.messages.parse(formed);
    assert.ok(["big", "small"].includes(parsed_output?.size ?? ""));
  });

  test("A2 what it cannot be told is refused by its name", async () => {
    for (const [more, name] of [
      [{ thinking: { type: "enabled", budget_tokens: 1_024 } }, "thinking"],
      [{ tools: [{ name: "clock", input_schema: { type: "object" } }] }, "tools"],
      [{ container: "c" }, "container"],
    ] as const) {
      const odd = { ...exact, ...more } as Anthropic.MessageCreateParamsNonStreaming;
      const error = await failure(anthropic.messages.create(odd));
      assert.ok(error instanceof Anthropic.BadRequestError, String(error));
      assert.match(error.message, new RegExp(name));
    }
  });
});

describe("G1 tokens are counted", () => {
  test("by the embedded model's own tokenizer, as in a run", async () => {
    const { input_tokens } = await anthropic.messages.countTokens({ model: EMBEDDED, messages: asked.messages });
    const message = await anthropic.messages.create({ model: EMBEDDED, max_tokens: 1, messages: asked.messages });
    assert.equal(input_tokens, message.usage.input_tokens);
  });

  test("by a provider that can be asked", async () => {
    const counting = anthropic.messages.countTokens({ model: model("anthropic", "n4"), messages: asked.messages });
    const { data, response } = await counting.withResponse();
    assert.ok(data.input_tokens > 0);
    assert.equal(response.headers.get("x-etude-notice"), null);
  });

  test("roughly, and said so, where the provider cannot be asked", async () => {
    const counting = anthropic.messages.countTokens({ model: model("openai", "n4"), messages: [user("12345678")] });
    const { data, response } = await counting.withResponse();
    assert.equal(data.input_tokens, 2);
    assert.match(response.headers.get("x-etude-notice") ?? "", /estimate/);
  });
});

describe("G1 models, in Anthropic's shape", () => {
  test("are listed", async () => {
    const names: string[] = [];
    for await (const entry of anthropic.models.list()) {
      assert.deepEqual([entry.type, typeof entry.display_name], ["model", "string"]);
      assert.ok(Number.isFinite(Date.parse(entry.created_at)));
      names.push(entry.id);
    }
    assert.equal(names[0], EMBEDDED);
    for (const upstream of UPSTREAMS) assert.ok(names.includes(model(upstream, "n4")));
  });

  test("are given one by one", async () => {
    assert.equal((await anthropic.models.retrieve(EMBEDDED)).id, EMBEDDED);
    const error = await failure(anthropic.models.retrieve("nothing"));
    assert.ok(error instanceof Anthropic.NotFoundError, String(error));
    assert.equal(error.type, "not_found_error");
  });

  // DEFECT 8
  test("have the rest of what the vendor's type has", async () => {
    const entry = await anthropic.models.retrieve(EMBEDDED);
    assert.equal(entry.lifecycle, "active");
    for (const name of ["capabilities", "deprecated_at", "retires_at", "line"] as const) {
      assert.equal(entry[name], null, name);
    }
    assert.equal(entry.max_input_tokens, 8_192);
  });
});
