// OpenAI's older and smaller routes: completions, models, embeddings.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import OpenAI from "openai";

import { failure, openai, run, words } from "./clients.js";
import { EMBEDDED, UPSTREAMS, model } from "./scripts.js";

type Completion = OpenAI.Completion;

async function streamed(asked: OpenAI.CompletionCreateParamsNonStreaming): Promise<Completion[]> {
  const chunks: Completion[] = [];
  for await (const chunk of await openai.completions.create({ ...asked, stream: true })) chunks.push(chunk);
  return chunks;
}

const said = (chunks: Completion[]) => chunks.map((chunk) => chunk.choices[0]?.text ?? "").join("");

for (const upstream of UPSTREAMS) {
  describe(`G1 a completion, answered by an upstream of ${upstream}`, () => {
    const asked = { model: model(upstream, "n4"), prompt: "Hi" };

    test("whole", async () => {
      const { data, response } = await openai.completions.create(asked).withResponse();
      assert.match(data.id, /^cmpl-[0-9a-f]{32}$/);
      assert.equal(response.headers.get("x-etude-run"), data.id.replace("cmpl-", "run_"));
      assert.deepEqual([data.object, data.model], ["text_completion", asked.model]);
      assert.deepEqual([data.choices[0]?.text, data.choices[0]?.finish_reason], [words(4), "stop"]);
      assert.equal(data.usage?.completion_tokens, 4);
    });

    test("in chunks", async () => {
      const chunks = await streamed({ ...asked, stream_options: { include_usage: true } });
      assert.equal(said(chunks), words(4));
      assert.equal(chunks.at(-1)?.usage?.completion_tokens, 4);
      const reasons = chunks.map((chunk) => chunk.choices[0]?.finish_reason).filter(Boolean);
      assert.deepEqual(reasons, ["stop"]);
    });

    test("cut by the limit, with the prompt before it", async () => {
      const { choices } = await openai.completions.create({ ...asked, max_tokens: 2, echo: true });
      assert.deepEqual([choices[0]?.text, choices[0]?.finish_reason], [`Hi${words(2)}`, "length"]);
    });
  });
}

describe("G1 a completion, answered by the embedded model", () => {
  const asked = { model: EMBEDDED, prompt: "Say hello.", temperature: 0, max_tokens: 8 };

  test("whole and in chunks, as it is kept", async () => {
    const whole = await openai.completions.create(asked);
    const chunks = await streamed(asked);
    for (const [id, text] of [[whole.id, whole.choices[0]?.text], [chunks[0]?.id, said(chunks)]]) {
      assert.ok(text);
      assert.equal((await run(id?.replace("cmpl-", "run_"))).output.text, text);
    }
  });

  test("H4 with logprobs", async () => {
    const { choices } = await openai.completions.create({ ...asked, logprobs: 2 });
    const { tokens, token_logprobs, top_logprobs, text_offset } = choices[0]?.logprobs ?? {};
    assert.equal(tokens?.join(""), choices[0]?.text);
    assert.deepEqual([token_logprobs?.length, top_logprobs?.length, text_offset?.[0]], [8, 8, 0]);
  });

  test("A2 of several prompts is refused by its name", async () => {
    const error = await failure(openai.completions.create({ ...asked, prompt: ["one", "two"] }));
    assert.ok(error instanceof OpenAI.BadRequestError, String(error));
    assert.equal(error.param, "prompt");
  });
});

describe("G1 models", () => {
  test("are listed", async () => {
    const names: string[] = [];
    for await (const entry of openai.models.list()) {
      assert.deepEqual([entry.object, typeof entry.created, typeof entry.owned_by], ["model", "number", "string"]);
      names.push(entry.id);
    }
    assert.equal(names[0], EMBEDDED);
    for (const upstream of UPSTREAMS) assert.ok(names.includes(model(upstream, "n4")));
  });

  test("are given one by one", async () => {
    assert.equal((await openai.models.retrieve(EMBEDDED)).id, EMBEDDED);
    const error = await failure(openai.models.retrieve("nothing"));
    assert.ok(error instanceof OpenAI.NotFoundError, String(error));
    assert.equal(error.code, "model_not_found");
  });
});

describe("G1 embeddings", () => {
  for (const encoding_format of [undefined, "float" as const]) {
    test(`are those of a provider that has them, ${encoding_format ?? "in the client's usual form"}`, async () => {
      const input = ["Hi", "Hello"];
      const { data } = await openai.embeddings.create({ model: model("openai", "n4"), input, encoding_format });
      // The mock makes a vector of a text's length and place.
      assert.deepEqual(data.map((one) => one.embedding), [[2, 0], [5, 1]]);
    });
  }

  for (const name of [EMBEDDED, model("anthropic", "n4"), "nothing"]) {
    test(`are not to be had of ${name}`, async () => {
      const error = await failure(openai.embeddings.create({ model: name, input: "Hi" }));
      assert.ok(error instanceof OpenAI.NotFoundError, String(error));
      assert.equal(error.code, "model_not_found");
      assert.ok(error.requestID);
    });
  }

  test("of nothing are refused by the field's name", async () => {
    const error = await failure(openai.post("/embeddings", { body: { model: EMBEDDED } }));
    assert.ok(error instanceof OpenAI.BadRequestError, String(error));
    assert.equal(error.param, "input");
  });
});
