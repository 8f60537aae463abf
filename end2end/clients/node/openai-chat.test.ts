// OpenAI's chat completions, whole and in chunks, whoever answers.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import OpenAI from "openai";

import { failure, openai, run, words } from "./clients.js";
import { EMBEDDED, UPSTREAMS, model } from "./scripts.js";

type Chunk = OpenAI.Chat.ChatCompletionChunk;

const messages: OpenAI.Chat.ChatCompletionMessageParam[] = [
  { role: "developer", content: "Be short." },
  { role: "user", content: "Say hello." },
];
const exact = { model: EMBEDDED, messages, temperature: 0, seed: 7, max_tokens: 8 };

const said = (chunks: Chunk[]) => chunks.map((chunk) => chunk.choices[0]?.delta.content ?? "").join("");

async function streamed(asked: OpenAI.Chat.ChatCompletionCreateParamsNonStreaming): Promise<Chunk[]> {
  const chunks: Chunk[] = [];
  for await (const chunk of await openai.chat.completions.create({ ...asked, stream: true })) chunks.push(chunk);
  return chunks;
}

for (const upstream of UPSTREAMS) {
  describe(`G1 a chat, answered by an upstream of ${upstream}`, () => {
    test("whole", async () => {
      const asked = openai.chat.completions.create({ model: model(upstream, "n4"), messages });
      const { data, response, request_id } = await asked.withResponse();
      assert.match(data.id, /^chatcmpl-[0-9a-f]{32}$/);
      assert.equal(data.object, "chat.completion");
      assert.equal(data.model, model(upstream, "n4"));
      assert.ok(Math.abs(Date.now() / 1_000 - data.created) < 60, `created at ${data.created}`);
      assert.equal(data.choices.length, 1);
      assert.deepEqual(data.choices[0]?.message, { role: "assistant", content: words(4), refusal: null });
      assert.equal(data.choices[0]?.finish_reason, "stop");
      assert.equal(data.usage?.completion_tokens, 4);
      assert.equal(data.usage.total_tokens, data.usage.prompt_tokens + 4);
      assert.ok(request_id);
      assert.equal((await asked)._request_id, request_id);

      const kept = await run(response.headers.get("x-etude-run"));
      assert.equal(kept.id, data.id.replace("chatcmpl-", "run_"));
      assert.equal(kept.status, "finished");
      assert.equal(kept.output.text, words(4));
    });

    test("in chunks", async () => {
      const chunks = await streamed({ model: model(upstream, "n4"), messages });
      assert.equal(said(chunks), words(4));
      assert.equal(chunks[0]?.choices[0]?.delta.role, "assistant");
      assert.equal(new Set(chunks.map((chunk) => chunk.id)).size, 1);
      assert.ok(chunks.every((chunk) => chunk.object === "chat.completion.chunk" && chunk.usage === undefined));
      const reasons = chunks.map((chunk) => chunk.choices[0]?.finish_reason).filter(Boolean);
      assert.deepEqual(reasons, ["stop"]);
      assert.equal(chunks.at(-1)?.choices[0]?.finish_reason, "stop");
    });

    test("in chunks, with the usage in the last", async () => {
      const asked = { model: model(upstream, "n4"), messages, stream_options: { include_usage: true } };
      const chunks = await streamed(asked);
      assert.deepEqual(chunks.at(-1)?.choices, []);
      assert.equal(chunks.at(-1)?.usage?.completion_tokens, 4);
      assert.ok(chunks.slice(0, -1).every((chunk) => chunk.usage === null));
    });

    test("B2 in chunks as they come", async () => {
      const asked = { model: model(upstream, "n200-rate20"), messages, stream: true as const };
      const { data, response } = await openai.chat.completions.create(asked).withResponse();
      for await (const chunk of data) if (chunk.choices[0]?.delta.content) break;
      // Ten seconds before its end.
      assert.equal((await run(response.headers.get("x-etude-run"))).status, "running");
    });

    test("by the stream helper", async () => {
      const stream = openai.chat.completions.stream({
        model: model(upstream, "n4"),
        messages,
        stream_options: { include_usage: true },
      });
      const deltas: string[] = [];
      const done: string[] = [];
      stream.on("content", (delta) => deltas.push(delta)).on("content.done", ({ content }) => done.push(content));
      const final = await stream.finalChatCompletion();
      assert.equal(deltas.join(""), words(4));
      assert.deepEqual(done, [words(4)]);
      assert.equal(await stream.finalContent(), words(4));
      assert.equal(final.choices[0]?.finish_reason, "stop");
      assert.equal((await stream.totalUsage()).completion_tokens, 4);
    });

    test("cut by the limit", async () => {
      const asked = { model: model(upstream, "n4"), messages, max_completion_tokens: 2 };
      const { choices } = await openai.chat.completions.create(asked);
      assert.deepEqual([choices[0]?.message.content, choices[0]?.finish_reason], [words(2), "length"]);
      const chunks = await streamed(asked);
      assert.equal(chunks.at(-1)?.choices[0]?.finish_reason, "length");
    });

    test("cut at a stop sequence", async () => {
      for (const stop of ["w2", ["never", "w2"]]) {
        const { choices } = await openai.chat.completions.create({ model: model(upstream, "n4"), messages, stop });
        assert.deepEqual([choices[0]?.message.content, choices[0]?.finish_reason], ["w0 w1", "stop"]);
      }
    });

    test("ended by the vendor's filter", async () => {
      const { choices } = await openai.chat.completions.create({ model: model(upstream, "n4-filter"), messages });
      assert.equal(choices[0]?.finish_reason, "content_filter");
    });

    test("with what the model thought", async () => {
      const asked = { model: model(upstream, "n4-think3"), messages };
      const { choices, usage } = await openai.chat.completions.create(asked);
      const message = choices[0]?.message as { content: string; reasoning_content?: string };
      assert.deepEqual([message.reasoning_content, message.content], [words(3, "t"), words(4)]);
      assert.equal(usage?.completion_tokens_details?.reasoning_tokens, 3);
      const deltas = (await streamed(asked)).map((chunk) => chunk.choices[0]?.delta as { reasoning_content?: string });
      assert.equal(deltas.map((delta) => delta?.reasoning_content ?? "").join(""), words(3, "t"));
    });

    test("D1 what the client wrote is no template", async () => {
      const text = "{{name}} and \\{{name}}";
      const asked = { model: model(upstream, "echo"), messages: [{ role: "user" as const, content: text }] };
      const { choices } = await openai.chat.completions.create(asked);
      assert.equal(choices[0]?.message.content, text);
    });

    test("the head can be had before the body", async () => {
      const asked = openai.chat.completions.create({ model: model(upstream, "n4"), messages, stream: true });
      const response = await asked.asResponse();
      assert.match(response.headers.get("content-type") ?? "", /^text\/event-stream/);
      assert.match(response.headers.get("x-etude-run") ?? "", /^run_[0-9a-f]{32}$/);
      assert.match(await response.text(), /data: \[DONE\]\n\n$/);
    });
  });
}

test("G1 several answers to a chat, of an upstream of openai", async () => {
  const asked = { model: model("openai", "n4"), messages, n: 2 };
  const { choices } = await openai.chat.completions.create(asked);
  assert.deepEqual(choices.map((choice) => choice.index), [0, 1]);
  const final = await openai.chat.completions.stream(asked).finalChatCompletion();
  for (const answers of [choices, final.choices]) {
    assert.deepEqual(answers.map((choice) => choice.message.content), [words(4), words(4)]);
    assert.ok(answers.every((choice) => choice.finish_reason === "stop"));
  }
});

describe("G1 a chat, answered by the embedded model", () => {
  test("whole, in chunks and by the helper, as it is kept", async () => {
    const whole = await openai.chat.completions.create(exact);
    assert.equal(whole.model, EMBEDDED);
    // Eight at most: what a model says may depend on its company (decision 0004), and so may where it ends.
    const tokens = whole.usage?.completion_tokens ?? 0;
    assert.ok(tokens > 0 && tokens <= 8);
    assert.ok((whole.usage?.prompt_tokens ?? 0) > 0);
    const chunks = await streamed(exact);
    const final = await openai.chat.completions.stream(exact).finalChatCompletion();
    for (const [id, text] of [
      [whole.id, whole.choices[0]?.message.content],
      [chunks[0]?.id, said(chunks)],
      [final.id, final.choices[0]?.message.content],
    ]) {
      assert.ok(text);
      assert.equal((await run(id?.replace("chatcmpl-", "run_"))).output.text, text);
    }
  });

  test("H4 with logprobs", async () => {
    const { choices, usage } = await openai.chat.completions.create({ ...exact, logprobs: true, top_logprobs: 2 });
    const tokens = choices[0]?.logprobs?.content ?? [];
    assert.equal(tokens.length, usage?.completion_tokens);
    assert.equal(tokens.map((token) => token.token).join(""), choices[0]?.message.content);
    for (const token of tokens) {
      assert.ok(token.logprob <= 0);
      assert.equal(token.top_logprobs.length, 2);
      assert.deepEqual(token.bytes, [...Buffer.from(token.token)]);
    }
    const stream = openai.chat.completions.stream({ ...exact, logprobs: true, top_logprobs: 2 });
    const done: number[] = [];
    stream.on("logprobs.content.done", ({ content }) => done.push(content.length));
    await stream.done();
    assert.ok(done.length === 1 && done[0] !== undefined && done[0] > 0 && done[0] <= 8);
  });

  test("H4 up to a stop sequence", async () => {
    // Whatever it says, it says more than a word.
    const { choices } = await openai.chat.completions.create({ ...exact, stop: " " });
    assert.equal(choices[0]?.finish_reason, "stop");
    assert.match(choices[0].message.content ?? "", /^\S+$/);
  });
});

describe("what a model cannot be told", () => {
  const picture = { type: "image_url" as const, image_url: { url: "data:image/png;base64,aGk=" } };
  const refused: [string, OpenAI.Chat.ChatCompletionCreateParamsNonStreaming, string][] = [
    ["several answers of the embedded model", { ...exact, n: 2 }, "n"],
    // DEFECT 5
    [
      "a picture for the embedded model",
      { ...exact, messages: [{ role: "user", content: [picture] }] },
      "messages[0].content[0]",
    ],
    ["several answers of Anthropic's wire", { model: model("anthropic", "n4"), messages, n: 2 }, "n"],
    ["an audio answer", { ...exact, modalities: ["audio"] }, "modalities"],
    ["logprobs of Anthropic's wire", { model: model("anthropic", "n4"), messages, logprobs: true }, "logprobs"],
    ["a seed on Anthropic's wire", { model: model("anthropic", "n4"), messages, seed: 1 }, "seed"],
    // DEFECT 5
    [
      "any JSON of Anthropic's wire",
      { model: model("anthropic", "n4"), messages, response_format: { type: "json_object" } },
      "response_format",
    ],
    ["a temperature out of range", { ...exact, temperature: 3 }, "temperature"],
  ];
  for (const [name, asked, param] of refused) {
    test(`A2 is refused by its name: ${name}`, async () => {
      const error = await failure(openai.chat.completions.create(asked));
      assert.ok(error instanceof OpenAI.BadRequestError, String(error));
      assert.equal(error.param, param);
      assert.match(error.message, new RegExp(`\`${param.replaceAll(/[[\]]/g, "\\$&")}\``));
    });
  }

  test("but what changes nothing is named beside the answer", async () => {
    const asked = { model: model("anthropic", "n4"), messages, metadata: { a: "b" }, user: "u" };
    const { data, response } = await openai.chat.completions.create(asked).withResponse();
    assert.equal(data.choices[0]?.message.content, words(4));
    const notice = response.headers.get("x-etude-notice") ?? "";
    assert.match(notice, /metadata/);
    assert.match(notice, /user/);
  });
});
