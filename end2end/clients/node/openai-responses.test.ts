// OpenAI's responses, created and streamed, whoever answers.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import OpenAI from "openai";
import { zodResponsesFunction, zodTextFormat } from "openai/helpers/zod";
import { toResponseInputItems } from "openai/lib/responses/ResponseInputItems";
import type { ResponseStreamEvent } from "openai/resources/responses/responses";
import { z } from "zod";

import { failure, openai, run, words } from "./clients.js";
import { EMBEDDED, UPSTREAMS, model } from "./scripts.js";

const OSLO = '{"city":"Oslo","big":false}';
const Place = z.object({ city: z.string(), big: z.boolean() });
const clock = zodResponsesFunction({ name: "clock", parameters: z.object({ n: z.number() }) });
const exact = { model: EMBEDDED, input: "Say hello.", temperature: 0, max_output_tokens: 16 };

async function all(stream: AsyncIterable<ResponseStreamEvent>): Promise<ResponseStreamEvent[]> {
  const events: ResponseStreamEvent[] = [];
  for await (const event of stream) events.push(event);
  return events;
}

for (const upstream of UPSTREAMS) {
  describe(`G1 a response, answered by an upstream of ${upstream}`, () => {
    test("whole", async () => {
      const asked = openai.responses.create({
        model: model(upstream, "n4"),
        instructions: "Be short.",
        input: "Say hello.",
        metadata: { a: "b" },
        max_output_tokens: 9,
      });
      const { data, response } = await asked.withResponse();
      assert.match(data.id, /^resp_[0-9a-f]{32}$/);
      assert.equal(`run_${data.id.slice(5)}`, response.headers.get("x-etude-run"));
      assert.deepEqual([data.object, data.status, data.error], ["response", "completed", null]);
      assert.equal(data.model, model(upstream, "n4"));
      assert.equal(data.output_text, words(4));
      assert.deepEqual([data.instructions, data.metadata, data.max_output_tokens], ["Be short.", { a: "b" }, 9]);
      assert.equal(data.usage?.output_tokens, 4);
      assert.equal(data.usage.total_tokens, data.usage.input_tokens + 4);
      const [item] = data.output;
      assert.ok(item?.type === "message" && item.role === "assistant" && item.status === "completed");
    });

    test("as events, each numbered, each item begun and ended", async () => {
      const asked = { model: model(upstream, "n4"), input: "Hi", stream: true as const };
      const events = await all(await openai.responses.create(asked));
      assert.deepEqual(events.map((event) => event.sequence_number), events.map((_, number) => number));
      const kinds = events.map((event) => event.type).filter((kind) => kind !== "response.output_text.delta");
      assert.deepEqual(kinds, [
        "response.created",
        "response.in_progress",
        "response.output_item.added",
        "response.content_part.added",
        "response.output_text.done",
        "response.content_part.done",
        "response.output_item.done",
        "response.completed",
      ]);
      const deltas = events.flatMap((event) => (event.type === "response.output_text.delta" ? [event.delta] : []));
      assert.equal(deltas.join(""), words(4));
    });

    test("by the stream helper", async () => {
      const stream = openai.responses.stream({ model: model(upstream, "n4"), input: "Hi" });
      const snapshots: string[] = [];
      stream.on("response.output_text.delta", ({ snapshot }) => snapshots.push(snapshot));
      const final = await stream.finalResponse();
      assert.equal(snapshots.at(-1), words(4));
      assert.deepEqual([final.status, final.output_text], ["completed", words(4)]);
    });

    test("cut by the limit", async () => {
      const asked = { model: model(upstream, "n4"), input: "Hi", max_output_tokens: 2 };
      const whole = await openai.responses.create(asked);
      assert.deepEqual([whole.status, whole.incomplete_details], ["incomplete", { reason: "max_output_tokens" }]);
      const final = await openai.responses.stream(asked).finalResponse();
      assert.deepEqual([final.status, final.output_text], ["incomplete", words(2)]);
    });

    test("ended by the vendor's filter", async () => {
      const whole = await openai.responses.create({ model: model(upstream, "n4-filter"), input: "Hi" });
      assert.deepEqual([whole.status, whole.incomplete_details], ["incomplete", { reason: "content_filter" }]);
    });

    test("with what the model thought", async () => {
      const asked = { model: model(upstream, "n4-think3"), input: "Hi" };
      const whole = await openai.responses.create(asked);
      const final = await openai.responses.stream(asked).finalResponse();
      for (const { output, output_text, usage } of [whole, final]) {
        const [thought, message] = output;
        assert.ok(thought?.type === "reasoning" && message?.type === "message");
        assert.equal(thought.content?.[0]?.text, words(3, "t"));
        assert.equal(output_text, words(4));
        assert.equal(usage?.output_tokens_details.reasoning_tokens, 3);
      }
    });

    test("D1 with a tool, there and back by hand", async () => {
      const input: OpenAI.Responses.ResponseInputItem[] = [{ role: "user", content: "What time is it?" }];
      const asked = { model: model(upstream, "tool1"), input, tools: [clock] };
      const whole = await openai.responses.parse(asked);
      const [call] = whole.output;
      assert.ok(call?.type === "function_call");
      assert.deepEqual([call.name, call.parsed_arguments], ["clock", { n: 0 }]);
      const answered = openai.responses.create({
        model: model(upstream, "n4"),
        tools: [clock],
        input: [
          ...input,
          ...toResponseInputItems(whole.output),
          { type: "function_call_output", call_id: call.call_id, output: "noon" },
        ],
      });
      const { data, response } = await answered.withResponse();
      assert.equal(data.output_text, words(4));
      const { request } = await run(response.headers.get("x-etude-run"));
      assert.deepEqual(request.messages.map((message) => message.role), ["user", "assistant", "tool"]);
    });

    test("two tools at a time, in a stream", async () => {
      const stream = openai.responses.stream({ model: model(upstream, "tool2"), input: "Hi", tools: [clock] });
      const events = await all(stream);
      const done = events.flatMap((event) => (event.type === "response.function_call_arguments.done" ? [event] : []));
      assert.deepEqual(done.map((event) => event.arguments), ['{"n":0}', '{"n":1}']);
      const { output } = await stream.finalResponse();
      assert.deepEqual(output.map((item) => item.type), ["function_call", "function_call"]);
    });

    test("of a form", async () => {
      const asked = { model: model(upstream, "echo"), input: OSLO, text: { format: zodTextFormat(Place, "place") } };
      assert.deepEqual((await openai.responses.parse(asked)).output_parsed, { city: "Oslo", big: false });
      const final = await openai.responses.stream(asked).finalResponse();
      assert.deepEqual(final.output_parsed, { city: "Oslo", big: false });
    });

    test("D1 what the client wrote is no template", async () => {
      const whole = await openai.responses.create({ model: model(upstream, "echo"), input: "{{name}}" });
      assert.equal(whole.output_text, "{{name}}");
    });
  });
}

describe("G1 a response, answered by the embedded model", () => {
  test("whole and streamed, as it is kept", async () => {
    const whole = await openai.responses.create(exact);
    const final = await openai.responses.stream(exact).finalResponse();
    for (const { id, output_text, temperature, usage } of [whole, final]) {
      assert.ok(output_text);
      assert.equal((await run(id.replace("resp_", "run_"))).output.text, output_text);
      assert.equal(temperature, 0);
      assert.ok((usage?.output_tokens ?? 0) > 0);
    }
  });

  test("H4 with logprobs", async () => {
    const asked = { ...exact, include: ["message.output_text.logprobs" as const], top_logprobs: 2 };
    const { output, usage } = await openai.responses.create(asked);
    const [item] = output;
    assert.ok(item?.type === "message" && item.content[0]?.type === "output_text");
    const { logprobs } = item.content[0];
    assert.equal(logprobs?.length, usage?.output_tokens);
    assert.ok(logprobs?.every((token) => token.top_logprobs.length === 2 && token.logprob <= 0));
  });

  test("H4 of a form", async () => {
    const format = zodTextFormat(z.object({ size: z.enum(["big", "small"]) }), "size");
    const asked = { ...exact, input: "Is Oslo big? Answer in JSON.", max_output_tokens: 64, text: { format } };
    const { output_parsed } = await openai.responses.parse(asked);
    assert.ok(["big", "small"].includes(output_parsed?.size ?? ""));
  });

  for (const [name, more, param] of [
    // DEFECT 5
    ["tools", { tools: [clock] }, "tools"],
    ["a tool of the vendor's", { tools: [{ type: "web_search" as const }] }, "tools[0].type"],
    ["a conversation", { conversation: "conv_1" }, "conversation"],
    ["a temperature out of range", { temperature: 3 }, "temperature"],
  ] as const) {
    test(`A2 what it cannot be told is refused by its name: ${name}`, async () => {
      const asked = { ...exact, ...more } as OpenAI.Responses.ResponseCreateParamsNonStreaming;
      const error = await failure(openai.responses.create(asked));
      assert.ok(error instanceof OpenAI.BadRequestError, String(error));
      assert.equal(error.param, param);
    });
  }
});
