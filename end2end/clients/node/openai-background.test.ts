// Responses that outlive their request: read later, gone on with, cancelled, deleted, continued.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import OpenAI from "openai";
import type { ResponseStreamEvent } from "openai/resources/responses/responses";

import { failure, openai, run, words } from "./clients.js";
import { EMBEDDED, UPSTREAMS, model } from "./scripts.js";

/** Asks for a response until it stands so. */
async function until(id: string, ...statuses: string[]): Promise<OpenAI.Responses.Response> {
  const deadline = Date.now() + 10_000;
  for (;;) {
    const response = await openai.responses.retrieve(id);
    if (statuses.includes(response.status ?? "")) return response;
    assert.ok(Date.now() < deadline, `it is still ${response.status}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function all(stream: AsyncIterable<ResponseStreamEvent>): Promise<ResponseStreamEvent[]> {
  const events: ResponseStreamEvent[] = [];
  for await (const event of stream) events.push(event);
  return events;
}

for (const upstream of UPSTREAMS) {
  const n4 = { model: model(upstream, "n4"), input: "Hi" };
  const slow = { model: model(upstream, "n4-rate20"), input: "Hi" };
  const long = { model: model(upstream, "n200-rate20"), input: "Hi" };

  describe(`G1 a response in the background, answered by an upstream of ${upstream}`, () => {
    test("is there at once, and whole later", async () => {
      const begun = await openai.responses.create({ ...slow, background: true });
      assert.ok(["queued", "in_progress"].includes(begun.status ?? ""), begun.status);
      assert.equal(begun.background, true);
      const whole = await until(begun.id, "completed");
      assert.equal(whole.output_text, words(4));
    });

    test("B4 goes on when its reader has gone, and can be gone on with", async () => {
      const stream = await openai.responses.create({ ...slow, background: true, stream: true });
      const before: ResponseStreamEvent[] = [];
      for await (const event of stream) {
        before.push(event);
        if (event.type === "response.output_text.delta") break;
      }
      const created = before[0];
      assert.ok(created?.type === "response.created");
      const { id } = created.response;
      const starting_after = before.at(-1)?.sequence_number ?? 0;
      const after = await all(await openai.responses.retrieve(id, { stream: true, starting_after }));
      const numbers = [...before, ...after].map((event) => event.sequence_number);
      assert.deepEqual(numbers, numbers.map((_, number) => number));
      const deltas = [...before, ...after].flatMap((event) =>
        event.type === "response.output_text.delta" ? [event.delta] : [],
      );
      assert.equal(deltas.join(""), words(4));
      assert.equal(after.at(-1)?.type, "response.completed");
    });

    test("is cancelled, and stays so", async () => {
      const begun = await openai.responses.create({ ...long, background: true });
      await until(begun.id, "in_progress");
      const cancelled = await openai.responses.cancel(begun.id);
      assert.deepEqual([cancelled.id, cancelled.status], [begun.id, "cancelled"]);
      assert.equal((await openai.responses.cancel(begun.id)).status, "cancelled");
      assert.equal((await run(begun.id.replace("resp_", "run_"))).status, "cancelled");
    });

    test("cancelled after its end, it stays completed", async () => {
      const whole = await openai.responses.create(n4);
      assert.equal((await openai.responses.cancel(whole.id)).status, "completed");
    });

    test("cannot be deleted while it goes on", async () => {
      const begun = await openai.responses.create({ ...long, background: true });
      const error = await failure(openai.responses.delete(begun.id));
      assert.ok(error instanceof OpenAI.ConflictError, String(error));
      await openai.responses.cancel(begun.id);
      await openai.responses.delete(begun.id);
    });
  });

  describe(`G1 a response that is kept, answered by an upstream of ${upstream}`, () => {
    test("is read again as it was", async () => {
      const whole = await openai.responses.create({ ...n4, metadata: { a: "b" } });
      const again = await openai.responses.retrieve(whole.id);
      assert.deepEqual({ ...again, _request_id: null }, { ...whole, _request_id: null });
    });

    test("B1 is streamed again as it was, from the start and from any event", async () => {
      const first = await all(await openai.responses.create({ ...n4, stream: true }));
      assert.ok(first[0]?.type === "response.created");
      const { id } = first[0].response;
      assert.deepEqual(await all(await openai.responses.retrieve(id, { stream: true })), first);
      for (const starting_after of [0, 3, first.length - 2]) {
        const rest = await all(await openai.responses.retrieve(id, { stream: true, starting_after }));
        assert.deepEqual(rest, first.slice(starting_after + 1));
      }
      const replay = openai.responses.stream({ response_id: id, starting_after: 3 });
      assert.equal((await replay.finalResponse()).output_text, words(4));
    });

    // DEFECT 4
    test("is deleted", async () => {
      const { id } = await openai.responses.create(n4);
      await openai.responses.delete(id);
      const error = await failure(openai.responses.retrieve(id));
      assert.ok(error instanceof OpenAI.NotFoundError, String(error));
    });

    test("lists what it was asked with, in pages and either way", async () => {
      const input = ["one", "two", "three"].map((content) => ({ role: "user" as const, content }));
      const { id } = await openai.responses.create({ ...n4, input, instructions: "Be short." });
      const text = (item: OpenAI.Responses.ResponseItem) => {
        assert.ok(item.type === "message" && item.content[0]?.type === "input_text");
        return item.content[0].text;
      };
      const listed: string[] = [];
      for await (const item of openai.responses.inputItems.list(id, { limit: 2 })) listed.push(text(item));
      assert.deepEqual(listed, ["three", "two", "one"]);
      const forward = await openai.responses.inputItems.list(id, { order: "asc", limit: 2 });
      assert.deepEqual(forward.data.map(text), ["one", "two"]);
      assert.equal(forward.has_more, true);
    });

    test("D1 is gone on with: its conversation, but not its instructions", async () => {
      const first = await openai.responses.create({ ...n4, instructions: "Be short." });
      const asked = openai.responses.create({ ...n4, input: "And?", previous_response_id: first.id });
      const { data, response } = await asked.withResponse();
      assert.equal(data.previous_response_id, first.id);
      const { request } = await run(response.headers.get("x-etude-run"));
      assert.deepEqual(
        request.messages.map((message) => [message.role, message.content]),
        [["user", "Hi"], ["assistant", words(4)], ["user", "And?"]],
      );
    });

    test("D1 is gone on with after a call of a tool", async () => {
      const tools = [{ type: "function" as const, name: "clock", parameters: { type: "object" }, strict: false }];
      const first = await openai.responses.create({ model: model(upstream, "tool1"), input: "What time?", tools });
      const [call] = first.output;
      assert.ok(call?.type === "function_call");
      const asked = openai.responses.create({
        ...n4,
        tools,
        previous_response_id: first.id,
        input: [{ type: "function_call_output", call_id: call.call_id, output: "noon" }],
      });
      const { request } = await run((await asked.asResponse()).headers.get("x-etude-run"));
      assert.deepEqual(request.messages.map((message) => message.role), ["user", "assistant", "tool"]);
    });
  });
}

describe("G1 a response of the embedded model", () => {
  const asked = { model: EMBEDDED, input: "Count to a hundred.", temperature: 0 };

  test("in the background is cancelled", async () => {
    const begun = await openai.responses.create({ ...asked, background: true, max_output_tokens: 1_000 });
    await until(begun.id, "in_progress");
    assert.equal((await openai.responses.cancel(begun.id)).status, "cancelled");
  });

  test("D1 is gone on with", async () => {
    const first = await openai.responses.create({ ...asked, max_output_tokens: 4 });
    assert.equal(first.status, "incomplete");
    const second = await openai.responses.create({ ...asked, max_output_tokens: 4, previous_response_id: first.id });
    assert.ok((second.usage?.input_tokens ?? 0) > (first.usage?.input_tokens ?? 0));
  });
});

describe("a response that cannot be read", () => {
  const unread = async (id: string) => {
    const reading = [
      openai.responses.retrieve(id),
      openai.responses.cancel(id),
      openai.responses.delete(id),
      openai.responses.inputItems.list(id),
    ];
    for (const error of await Promise.all(reading.map(failure))) {
      assert.ok(error instanceof OpenAI.NotFoundError, String(error));
    }
    const error = await failure(openai.responses.create({ ...asked, previous_response_id: id }));
    assert.ok(error instanceof OpenAI.BadRequestError, String(error));
    assert.equal(error.param, "previous_response_id");
  };
  const asked = { model: model("openai", "n4"), input: "Hi" };

  test("since it is not there", () => unread("resp_00000000000000000000000000000000"));

  test("since it was not to be kept", async () => {
    const whole = await openai.responses.create({ ...asked, store: false });
    await unread(whole.id);
  });

  test("since it was no response", async () => {
    const chat = await openai.chat.completions.create({
      model: asked.model,
      messages: [{ role: "user", content: "Hi" }],
    });
    await unread(chat.id.replace("chatcmpl-", "resp_"));
  });
});
